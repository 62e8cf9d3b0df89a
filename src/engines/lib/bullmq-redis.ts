import type { RedisInUse } from './bullmq-binding.ts'

/**
 * Why acknowledged deliveries could be lost by this Redis; `undefined` if they are safe. Asked with INFO, which
 * managed services allow where they forbid CONFIG.
 *
 * @see https://redis.io/docs/latest/commands/info/
 * @see https://redis.io/docs/latest/operate/oss_and_stack/management/persistence/
 */
export async function unfitness(client: RedisInUse): Promise<string | undefined> {
  const info = fieldsOf(await client.info())
  const [appending, policy] = [info.get('aof_enabled'), info.get('maxmemory_policy')]
  if (appending === undefined || policy === undefined) {
    return 'it does not say whether it keeps what it is given'
  }
  if (appending !== '1') return 'it has "appendonly no", and forgets what it is given when it ends'
  if (policy !== 'noeviction') {
    return `it has "maxmemory-policy ${policy}", and drops what it is given when it is full`
  }
  return undefined
}

/** As much of `maxmemory` as puts may fill. */
const PUT_SHARE = 0.9
const CHECK_MS = 1000

/** `ready`, or what ioredis calls it for a cluster. */
const CONNECTED: readonly string[] = ['ready', 'connect']

/** Tells whether Redis can take more, without waiting for one that is gone. */
export class Admission {
  readonly #client: RedisInUse
  #checkAt = 0
  #full = false

  constructor(client: RedisInUse) {
    this.#client = client
  }

  /** Rejects if a put has to be refused. */
  async ask(): Promise<void> {
    // The client would keep the command, and the body with it, until Redis comes back.
    if (!CONNECTED.includes(this.#client.status)) throw new Error('Redis is not connected')
    if (performance.now() >= this.#checkAt) {
      this.#checkAt = performance.now() + CHECK_MS
      this.#full = isFull(await this.#client.info())
    }
    // When it is full it takes no verdicts either, and nothing would ever leave it.
    if (this.#full) {
      throw new Error(`Redis has filled ${PUT_SHARE * 100} % of its maxmemory; do workers run?`)
    }
  }
}

function isFull(info: string): boolean {
  const fields = fieldsOf(info)
  const [used, limit] = [Number(fields.get('used_memory')), Number(fields.get('maxmemory'))]
  return limit > 0 && used > limit * PUT_SHARE
}

function fieldsOf(info: string): ReadonlyMap<string, string> {
  const lines = info.split('\r\n').filter((line) => line.includes(':'))
  return new Map(lines.map((line) => [line.split(':', 1)[0]!, line.slice(line.indexOf(':') + 1)]))
}
