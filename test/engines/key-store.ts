import { describe, expect, test } from 'vitest'
import type { KeyClaim, KeyStore } from 'webhook-target/inbox'

/** Runs what every key store has to hold. `createStore` gives another one on the same keys at each call. */
export function testKeyStore(name: string, createStore: () => Promise<KeyStore>): void {
  describe(name, () => {
    test('gives a key to one', async () => {
      const store = await createStore()
      const key = anyKey()
      expect(await store.claim(key, TIMES)).toMatchObject({ key, attempt: 1 })
      expect(await store.claim(key, TIMES)).toBe('busy')
      expect(await store.claim(anyKey(), TIMES)).toMatchObject({ attempt: 1 })
    })

    test('gives a key to one of 50 that ask at once, in two processes', async () => {
      const stores = [await createStore(), await createStore()]
      const key = anyKey()
      const claims = await Promise.all(
        Array.from({ length: 50 }, (_, i) => stores[i % 2]!.claim(key, TIMES)),
      )
      expect(claims.filter((claim) => typeof claim === 'object')).toHaveLength(1)
      expect(claims.filter((claim) => claim === 'busy')).toHaveLength(49)
    })

    test('knows what is done, in another process too', async () => {
      const [store, other] = [await createStore(), await createStore()]
      const key = anyKey()
      await store.done(await held(store, key), KEEP_MS)
      expect(await store.claim(key, TIMES)).toBe('done')
      expect(await other.claim(key, TIMES)).toBe('done')
    })

    test('remembers what is done longer than the lease it was done under', async () => {
      const store = await createStore()
      const key = anyKey()
      await store.done(await held(store, key, 50), KEEP_MS)
      await sleep(150)
      expect(await store.claim(key, TIMES)).toBe('done')
    })

    test('remembers what is done though the lease has ended, if nobody has taken the key', async () => {
      const store = await createStore()
      const key = anyKey()
      const claim = await held(store, key, 1)
      await sleep(100)
      await store.done(claim, KEEP_MS)
      expect(await store.claim(key, TIMES)).toBe('done')
    })

    test('gives a key that was released to the next, and counts on', async () => {
      const [store, other] = [await createStore(), await createStore()]
      const key = anyKey()
      for (const attempt of [1, 2, 3]) {
        const claim = await held(attempt % 2 ? store : other, key)
        expect(claim.attempt).toBe(attempt)
        await store.release(claim, { keepMs: KEEP_MS })
      }
      expect(await other.claim(key, TIMES)).toMatchObject({ attempt: 4 })
    })

    test('counts the claims of processes that are gone, and nobody who found it busy', async () => {
      const [store, other] = [await createStore(), await createStore()]
      const key = anyKey()
      await held(store, key, 200)
      for (let i = 0; i < 5; i++) expect(await other.claim(key, TIMES)).toBe('busy')
      await sleep(300)
      expect(await other.claim(key, TIMES)).toMatchObject({ attempt: 2 })
    })

    test('counts for as long as it was told, and then from 1', async () => {
      const store = await createStore()
      const [released, left] = [anyKey(), anyKey()]
      await store.release(await held(store, released), { keepMs: 100 })
      await store.claim(left, { leaseMs: 50, keepMs: 50 })
      await sleep(300)
      expect(await store.claim(released, TIMES)).toMatchObject({ attempt: 1 })
      expect(await store.claim(left, TIMES)).toMatchObject({ attempt: 1 })
    })

    test('remembers why it was given up', async () => {
      const [store, other] = [await createStore(), await createStore()]
      const key = anyKey()
      const first = await held(store, key)
      expect(first.givenUp).toBeUndefined()
      await store.release(first, { keepMs: KEEP_MS, givenUp: 'unfit, \0ü' })
      const second = await held(other, key, 1)
      // PostgreSQL stores no zeros.
      expect(second.givenUp?.replace('\0', '')).toBe('unfit, ü')
      // Its process is gone.
      await sleep(50)
      const third = await held(store, key)
      expect(third).toMatchObject({ attempt: 3, givenUp: second.givenUp })
      await store.release(third, { keepMs: KEEP_MS })
      expect((await held(store, key)).givenUp).toBeUndefined()
    })

    test('does nothing for one who has lost the key to another', async () => {
      const [store, other] = [await createStore(), await createStore()]
      const key = anyKey()
      const former = await held(store, key, 20)
      const present = await until(() => other.claim(key, TIMES))
      expect(present.attempt).toBe(2)

      await store.release(former, { keepMs: KEEP_MS })
      expect(await store.claim(key, TIMES)).toBe('busy')
      await store.done(former, KEEP_MS)
      expect(await store.claim(key, TIMES)).toBe('busy')
      expect(await store.extend(former, 60_000)).toBe(false)
      expect(await other.extend(present, 60_000)).toBe(true)
      await other.release(present, { keepMs: KEEP_MS })
      expect(await store.claim(key, TIMES)).toMatchObject({ attempt: 3 })
    })

    test('does nothing for one who has released it, or has done it', async () => {
      const store = await createStore()
      const [released, done] = [await held(store), await held(store)]
      await store.release(released, { keepMs: KEEP_MS })
      await store.done(done, KEEP_MS)
      for (const claim of [released, done]) {
        expect(await store.extend(claim, 60_000)).toBe(false)
        await store.release(claim, { keepMs: KEEP_MS })
      }
      await store.done(released, KEEP_MS)
      expect(await store.claim(released.key, TIMES)).toMatchObject({ attempt: 2 })
      expect(await store.claim(done.key, TIMES)).toBe('done')
    })

    test('does nothing for what nobody has', async () => {
      const store = await createStore()
      const claim = { key: anyKey(), fence: crypto.randomUUID(), attempt: 1 }
      expect(await store.extend(claim, 60_000)).toBe(false)
      await store.release(claim, { keepMs: KEEP_MS })
      await store.done(claim, KEEP_MS)
      await store.forget(claim.key)
      expect(await store.claim(claim.key, TIMES)).toMatchObject({ attempt: 1 })
    })

    test('keeps a key for one who extends the lease, in any process', async () => {
      const [store, other] = [await createStore(), await createStore()]
      const key = anyKey()
      const claim = await held(store, key, 300)
      for (let i = 0; i < 4; i++) {
        await sleep(100)
        expect(await (i % 2 ? store : other).extend(claim, 300)).toBe(true)
      }
      expect(await other.claim(key, TIMES)).toBe('busy')
      expect((await until(() => other.claim(key, TIMES))).attempt).toBe(2)
    })

    test('keeps a key for a lease that is longer than what it was to be kept for', async () => {
      const store = await createStore()
      const claim = await held(store, anyKey(), 100, 1)
      expect(await store.extend(claim, 60_000)).toBe(true)
      await sleep(200)
      expect(await store.claim(claim.key, TIMES)).toBe('busy')
    })

    test('forgets what is done, what is released, and who has it', async () => {
      const [store, other] = [await createStore(), await createStore()]
      const [done, released, kept] = [await held(store), await held(store), await held(store)]
      await store.done(done, KEEP_MS)
      await store.release(released, { keepMs: KEEP_MS, givenUp: 'unfit' })
      for (const { key } of [done, released, kept]) {
        await other.forget(key)
        expect(await held(other, key)).toEqual({
          key,
          attempt: 1,
          fence: expect.any(String) as string,
        })
      }
      // The number of the attempt is the same, and its holder is not.
      await store.done(kept, KEEP_MS)
      expect(await store.claim(kept.key, TIMES)).toBe('busy')
    })

    test('gives a key to another when its lease has ended, and not before', async () => {
      const store = await createStore()
      const key = anyKey()
      const began = performance.now()
      await held(store, key, 500)
      await until(() => store.claim(key, TIMES))
      // Stores count in whole milliseconds, or a little coarser.
      expect(performance.now() - began).toBeGreaterThanOrEqual(490)
    })

    test('forgets what is done after its time, and not before', async () => {
      const store = await createStore()
      const key = anyKey()
      const claim = await held(store, key)
      const began = performance.now()
      await store.done(claim, 500)
      expect((await until(() => store.claim(key, TIMES))).attempt).toBe(1)
      expect(performance.now() - began).toBeGreaterThanOrEqual(490)
    })

    test('tells keys apart by their letters, large and small', async () => {
      const store = await createStore()
      const key = anyKey()
      const swapped = key.replace(/[a-z]/gi, (letter) =>
        letter === letter.toLowerCase() ? letter.toUpperCase() : letter.toLowerCase(),
      )
      expect(await store.claim(key, TIMES)).toMatchObject({ attempt: 1 })
      expect(await store.claim(swapped, TIMES)).toMatchObject({ attempt: 1 })
    })
  })
}

const KEEP_MS = 600_000
const TIMES = { leaseMs: 60_000, keepMs: KEEP_MS }

async function held(
  store: KeyStore,
  key = anyKey(),
  leaseMs = 60_000,
  keepMs = KEEP_MS,
): Promise<KeyClaim> {
  const claim = await store.claim(key, { leaseMs, keepMs })
  if (typeof claim === 'string') throw new Error(`The key is ${claim}`)
  return claim
}

async function until(ask: () => ReturnType<KeyStore['claim']>): Promise<KeyClaim> {
  const end = performance.now() + 20_000
  while (performance.now() < end) {
    const claim = await ask()
    if (typeof claim === 'object') return claim
    await sleep(10)
  }
  throw new Error('Nobody gets the key')
}

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

/** As records have them: 43 characters of base64url. */
function anyKey(): string {
  return Buffer.from(crypto.getRandomValues(new Uint8Array(32))).toString('base64url')
}
