import { Redis } from 'ioredis'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { KeyClaim } from 'webhook-target/inbox'
import { redisKeys } from 'webhook-target/keys/redis'
import { checkKeys } from '../../src/inbox/key-check.ts'
import { testKeyStore } from './key-store.ts'
import { hasRedis, startRedis, type RedisServer } from './redis.ts'

const TIMES = { leaseMs: 60_000, keepMs: 60_000 }

describe.skipIf(!hasRedis())('on Redis', () => {
  let server: RedisServer
  let client: Redis
  beforeAll(async () => {
    server = await startRedis()
    client = new Redis(server.port)
  })
  afterAll(async () => {
    client.disconnect()
    await server.remove()
  })

  testKeyStore('keys/redis', async () => redisKeys(client))

  test('keeps what has another prefix apart, and leaves nothing that does not end', async () => {
    const stores = [redisKeys(client, { prefix: 'a:' }), redisKeys(client, { prefix: 'b:' })]
    const [first, second] = await Promise.all(stores.map((store) => store.claim('same', TIMES)))
    await stores[0]!.done(first as KeyClaim, 0.5)
    await stores[1]!.release(second as KeyClaim, { keepMs: 0.5 })
    await stores[1]!.claim('left', TIMES)
    for (const key of await client.keys('*')) expect(await client.pttl(key)).not.toBe(-1)
  })

  test('is found to be of use, and left as it was', async () => {
    const before = await client.dbsize()
    await checkKeys(redisKeys(client))
    expect(await client.dbsize()).toBe(before)
  })

  test('rejects when Redis is gone', async () => {
    const gone = new Redis({ port: 1, maxRetriesPerRequest: 0, retryStrategy: () => null })
    gone.on('error', () => undefined)
    await expect(redisKeys(gone).claim('key', TIMES)).rejects.toThrow()
    await expect(checkKeys(redisKeys(gone))).rejects.toThrow('Connection is closed')
  })
})

test('refuses what is no client', () => {
  expect(() => redisKeys({} as Redis)).toThrow(
    expect.objectContaining({ code: 'ERR_OPTION_INVALID' }),
  )
})
