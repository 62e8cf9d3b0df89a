import { expect, test } from 'vitest'
import { MicroBatch } from '../../src/lib/micro-batch.ts'

/** Writes that end when they are told to. `bad` fails a batch, `down` all. */
function bench() {
  const batches: string[][] = []
  const ends: (() => void)[] = []
  const batch = new MicroBatch<string, string>({
    async write(items) {
      batches.push([...items])
      await new Promise<void>((resolve) => ends.push(resolve))
      if (items.includes('down')) throw new Error('away')
      if (items.includes('bad')) throw new TypeError('bad')
      return items.map((item) => `${item}!`)
    },
    isOfOne: (error) => error instanceof TypeError,
    maxItems: 3,
    maxWeight: 10,
    weigh: (item) => item.length,
  })
  const goOn = setInterval(() => ends.shift()?.(), 1)
  return { batch, batches, end: () => clearInterval(goOn) }
}

test('writes in one what comes in one turn, and the rest after it', async () => {
  const { batch, batches, end } = bench()
  const values = await Promise.all(['a', 'b', 'c', 'd'].map((item) => batch.add(item)))
  expect(values).toEqual(['a!', 'b!', 'c!', 'd!'])
  expect(batches).toEqual([['a', 'b', 'c'], ['d']])
  end()
})

test('gathers what comes while a batch is under way', async () => {
  const { batch, batches, end } = bench()
  const first = batch.add('a').then(() => batch.add('d'))
  while (batches.length === 0) await new Promise((resolve) => setImmediate(resolve))
  await Promise.all([batch.add('b'), batch.add('c'), first])
  expect(batches[0]).toEqual(['a'])
  expect(batches[1]).toEqual(['b', 'c', 'd'])
  end()
})

test('keeps to the weight, but for one that is heavier by itself', async () => {
  const { batch, batches, end } = bench()
  await Promise.all(['1234567', '12345', 'x'.repeat(20), 'y'].map((item) => batch.add(item)))
  expect(batches.map((items) => items.length)).toEqual([1, 1, 1, 1])
  end()
})

test('writes one by one when one of them is to blame, which alone is refused', async () => {
  const { batch, batches, end } = bench()
  const results = await Promise.allSettled(['a', 'bad', 'c'].map((item) => batch.add(item)))
  expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
  expect(batches).toEqual([['a', 'bad', 'c'], ['a'], ['bad'], ['c']])
  end()
})

test('does not when the store is away, and goes on after it', async () => {
  const { batch, batches, end } = bench()
  const results = await Promise.allSettled(['a', 'down'].map((item) => batch.add(item)))
  expect(results.map(({ status }) => status)).toEqual(['rejected', 'rejected'])
  expect(batches).toHaveLength(1)
  expect(await batch.add('b')).toBe('b!')
  await batch.idle()
  end()
})

test('leaves out what nobody waits for any more', async () => {
  const { batch, batches, end } = bench()
  const gone = batch.add('gone', AbortSignal.abort())
  await expect(gone).rejects.toThrow('Nobody')
  expect(await batch.add('a')).toBe('a!')
  expect(batches).toEqual([['a']])
  end()
})
