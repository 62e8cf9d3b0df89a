import { Redis } from 'ioredis'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { redisKeys } from 'webhook-target/keys/redis'
import { testKeyStore } from './key-store.ts'
import { hasRedis, startRedis, type RedisServer } from './redis.ts'

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

  test('releases what it has, and not what another has taken since', async () => {
    const [store, other] = [redisKeys(client), redisKeys(client)]
    await store.claim('key', 20)
    while ((await other.claim('key', 60_000)) !== 'claimed');
    await store.release('key')
    expect(await store.claim('key', 60_000)).toBe('busy')
    await other.release('key')
    expect(await store.claim('key', 60_000)).toBe('claimed')
  })

  test('keeps what has another prefix apart, and leaves nothing that does not end', async () => {
    const stores = [redisKeys(client, { prefix: 'a:' }), redisKeys(client, { prefix: 'b:' })]
    for (const store of stores) expect(await store.claim('same', 60_000)).toBe('claimed')
    await stores[0]!.done('same', 0.5)
    await stores[1]!.done('same', 60_000)
    for (const key of await client.keys('*')) expect(await client.pttl(key)).not.toBe(-1)
  })

  test('rejects when Redis is gone', async () => {
    const gone = new Redis({ port: 1, maxRetriesPerRequest: 0, retryStrategy: () => null })
    gone.on('error', () => undefined)
    await expect(redisKeys(gone).claim('key', 1000)).rejects.toThrow()
  })
})

test('refuses what is no client', () => {
  expect(() => redisKeys({} as Redis)).toThrow(
    expect.objectContaining({ code: 'ERR_OPTION_INVALID' }),
  )
})
