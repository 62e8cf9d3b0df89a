import { describe, expect, test } from 'vitest'
import type { KeyStore } from 'webhook-target/inbox'

/** Runs what every key store has to hold. `createStore` gives another one on the same keys at each call. */
export function testKeyStore(name: string, createStore: () => Promise<KeyStore>): void {
  describe(name, () => {
    test('gives a key to one', async () => {
      const store = await createStore()
      const key = anyKey()
      expect(await store.claim(key, LEASE_MS)).toBe('claimed')
      expect(await store.claim(key, LEASE_MS)).toBe('busy')
      expect(await store.claim(anyKey(), LEASE_MS)).toBe('claimed')
    })

    test('gives a key to one of 50 that ask at once, in two processes', async () => {
      const stores = [await createStore(), await createStore()]
      const key = anyKey()
      const claims = await Promise.all(
        Array.from({ length: 50 }, (_, i) => stores[i % 2]!.claim(key, LEASE_MS)),
      )
      expect(claims.filter((claim) => claim === 'claimed')).toHaveLength(1)
      expect(claims.filter((claim) => claim === 'busy')).toHaveLength(49)
    })

    test('knows what is done, in another process too', async () => {
      const [store, other] = [await createStore(), await createStore()]
      const key = anyKey()
      await store.claim(key, LEASE_MS)
      await store.done(key, KEEP_MS)
      expect(await store.claim(key, LEASE_MS)).toBe('done')
      expect(await other.claim(key, LEASE_MS)).toBe('done')
    })

    test('remembers what is done longer than the lease it was done under', async () => {
      const store = await createStore()
      const key = anyKey()
      await store.claim(key, 50)
      await store.done(key, KEEP_MS)
      await sleep(150)
      expect(await store.claim(key, LEASE_MS)).toBe('done')
    })

    test('remembers what is done though the lease has ended, or was never taken', async () => {
      const store = await createStore()
      const [late, unknown] = [anyKey(), anyKey()]
      await store.claim(late, 1)
      await sleep(100)
      await store.done(late, KEEP_MS)
      await store.done(unknown, KEEP_MS)
      expect(await store.claim(late, LEASE_MS)).toBe('done')
      expect(await store.claim(unknown, LEASE_MS)).toBe('done')
    })

    test('gives a key that was released to the next', async () => {
      const [store, other] = [await createStore(), await createStore()]
      const key = anyKey()
      await store.claim(key, LEASE_MS)
      await store.release(key)
      expect(await other.claim(key, LEASE_MS)).toBe('claimed')
    })

    test('does not release what is done', async () => {
      const store = await createStore()
      const key = anyKey()
      await store.claim(key, LEASE_MS)
      await store.done(key, KEEP_MS)
      await store.release(key)
      expect(await store.claim(key, LEASE_MS)).toBe('done')
    })

    test('releases what nobody has', async () => {
      await expect((await createStore()).release(anyKey())).resolves.toBeUndefined()
    })

    test('gives a key to another when its lease has ended, and not before', async () => {
      const store = await createStore()
      const key = anyKey()
      const began = performance.now()
      expect(await store.claim(key, 500)).toBe('claimed')
      while ((await store.claim(key, LEASE_MS)) !== 'claimed') await sleep(10)
      // Stores count in whole milliseconds, or a little coarser.
      expect(performance.now() - began).toBeGreaterThanOrEqual(490)
    })

    test('forgets what is done after its time, and not before', async () => {
      const store = await createStore()
      const key = anyKey()
      await store.claim(key, LEASE_MS)
      const began = performance.now()
      await store.done(key, 500)
      while ((await store.claim(key, LEASE_MS)) === 'done') await sleep(10)
      expect(performance.now() - began).toBeGreaterThanOrEqual(490)
    })

    test('tells keys apart by their letters, large and small', async () => {
      const store = await createStore()
      const key = anyKey()
      const swapped = key.replace(/[a-z]/gi, (letter) =>
        letter === letter.toLowerCase() ? letter.toUpperCase() : letter.toLowerCase(),
      )
      expect(await store.claim(key, LEASE_MS)).toBe('claimed')
      expect(await store.claim(swapped, LEASE_MS)).toBe('claimed')
    })
  })
}

const LEASE_MS = 60_000
const KEEP_MS = 600_000

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

/** As records have them: 43 characters of base64url. */
function anyKey(): string {
  return Buffer.from(crypto.getRandomValues(new Uint8Array(32))).toString('base64url')
}
