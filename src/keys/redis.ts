import { configurationError } from '../errors.ts'
import type { KeyStore } from '../inbox/keys.ts'

/** The part of an ioredis client in use. */
export interface RedisKeysClient {
  eval(script: string, numberOfKeys: number, ...keysAndArguments: string[]): Promise<unknown>
}

export interface RedisKeysOptions {
  /** What the keys in Redis begin with. @default 'webhook-key:' */
  readonly prefix?: string
}

/** One step each, so that nobody comes between. A key holds who has it, or that it is done. */
const CLAIM = `
local holder = redis.call('GET', KEYS[1])
if holder then return holder == 'done' and 'done' or 'busy' end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return 'claimed'`
const DONE = `redis.call('SET', KEYS[1], 'done', 'PX', ARGV[1])`
const RELEASE = `if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('DEL', KEYS[1]) end`

/**
 * Remembers in Redis which records were worked on, for engines that can't tell duplicates. Where Redis evicts or
 * forgets keys, some events are worked on twice; an event is never lost by it.
 *
 * Its methods reject when Redis does, and the work is then tried again.
 *
 * @throws {TypeError} `ERR_OPTION_INVALID`
 * @example
 * import { Redis } from 'ioredis'
 *
 * const keys = redisKeys(new Redis())
 * @see https://redis.io/docs/latest/develop/programmability/eval-intro/
 */
export function redisKeys(client: RedisKeysClient, options: RedisKeysOptions = {}): KeyStore {
  if (typeof client?.eval !== 'function') {
    throw configurationError('ERR_OPTION_INVALID', 'redisKeys() takes a client as ioredis has it')
  }
  const { prefix = 'webhook-key:' } = options
  // Of this store, so that what another has taken since is not released.
  const holder = crypto.randomUUID()
  const run = (script: string, key: string, ...values: string[]) =>
    client.eval(script, 1, prefix + key, ...values)

  return {
    claim: async (key, leaseMs) =>
      (await run(CLAIM, key, holder, whole(leaseMs))) as 'claimed' | 'done' | 'busy',
    async done(key, keepMs) {
      await run(DONE, key, whole(keepMs))
    },
    async release(key) {
      await run(RELEASE, key, holder)
    },
  }
}

/** Redis counts in whole milliseconds, from 1. */
const whole = (ms: number) => String(Math.max(1, Math.ceil(ms)))
