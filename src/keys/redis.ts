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

/**
 * One step each, so that nobody comes between, by the clock of Redis. What is known of a key is a hash: `done`, or who
 * has it and until when, and for longer how often it was claimed.
 */
const CLAIM = `
local known = redis.call('HMGET', KEYS[1], 'done', 'until')
if known[1] then return 'done' end
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
if known[2] and tonumber(known[2]) > now then return 'busy' end
local attempt = redis.call('HINCRBY', KEYS[1], 'attempt', 1)
redis.call('HSET', KEYS[1], 'fence', ARGV[1], 'until', string.format('%.0f', now + ARGV[2]))
redis.call('PEXPIRE', KEYS[1], ARGV[3])
return { attempt, redis.call('HGET', KEYS[1], 'givenUp') }`
const IF_HELD = `if redis.call('HGET', KEYS[1], 'fence') ~= ARGV[1] then return 0 end`
const EXTEND = `${IF_HELD}
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
redis.call('HSET', KEYS[1], 'until', string.format('%.0f', now + ARGV[2]))
if redis.call('PTTL', KEYS[1]) < tonumber(ARGV[2]) then redis.call('PEXPIRE', KEYS[1], ARGV[2]) end
return 1`
const DONE = `${IF_HELD}
redis.call('DEL', KEYS[1])
redis.call('HSET', KEYS[1], 'done', 1)
redis.call('PEXPIRE', KEYS[1], ARGV[2])`
const RELEASE = `${IF_HELD}
redis.call('HDEL', KEYS[1], 'fence', 'until', 'givenUp')
if ARGV[3] then redis.call('HSET', KEYS[1], 'givenUp', ARGV[3]) end
redis.call('PEXPIRE', KEYS[1], ARGV[2])`
const FORGET = `redis.call('DEL', KEYS[1])`

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
  const run = (script: string, key: string, ...values: string[]) =>
    client.eval(script, 1, prefix + key, ...values)

  return {
    async claim(key, { leaseMs, keepMs }) {
      const fence = crypto.randomUUID()
      const answer = await run(CLAIM, key, fence, whole(leaseMs), whole(leaseMs + keepMs))
      if (!Array.isArray(answer)) return answer as 'done' | 'busy'
      const [attempt, givenUp] = answer as [number, string | null]
      return { key, fence, attempt, ...(givenUp !== null && { givenUp }) }
    },
    async extend({ key, fence }, leaseMs) {
      return (await run(EXTEND, key, fence, whole(leaseMs))) === 1
    },
    async done({ key, fence }, keepMs) {
      await run(DONE, key, fence, whole(keepMs))
    },
    async release({ key, fence }, { keepMs, givenUp }) {
      await run(RELEASE, key, fence, whole(keepMs), ...(givenUp === undefined ? [] : [givenUp]))
    },
    async forget(key) {
      await run(FORGET, key)
    },
  }
}

/** Redis counts in whole milliseconds, from 1. */
const whole = (ms: number) => String(Math.max(1, Math.ceil(ms)))
