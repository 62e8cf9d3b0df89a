import type { Engine } from '../../inbox/engine.ts'
import type { Case } from './bench.ts'
import { expectEqual, hex, randomBytes } from './checks.ts'

const tells = ({ capabilities: { dedupe } }: Engine) =>
  dedupe.tells && dedupe.windowSeconds > 0 ? undefined : 'It tells no duplicates'

/** What is put is there, once and as it was. */
export const STORING: readonly Case[] = [
  {
    name: 'gives back the bytes and the head as they were put',
    async run(bench) {
      const record = bench.record({
        body: randomBytes(60_000),
        head: '{"a":"\\u0000\u2028\u{1F600}é"}',
      })
      await bench.put(record)
      const { seen } = await bench.collect(1)
      const [first] = seen
      expectEqual('the key', first?.record.key, record.key)
      expectEqual('the endpoint', first?.record.endpoint, record.endpoint)
      expectEqual('the time', first?.record.receivedAt, record.receivedAt)
      expectEqual('the head', first?.record.head, record.head)
      expectEqual('the body', hex(first?.record.body), hex(record.body))
      expectEqual('the attempt', first?.attempt.number, 1)
    },
  },
  {
    name: 'takes an empty body',
    async run(bench) {
      await bench.put(bench.record({ body: new Uint8Array(0) }))
      const { seen } = await bench.collect(1)
      expectEqual('the length', seen[0]?.record.body.length, 0)
    },
  },
  {
    name: 'tells a duplicate, before and after it is done',
    needs: tells,
    async run(bench) {
      const record = bench.record()
      expectEqual('the first', await bench.put(record), 'stored')
      expectEqual('the second', await bench.put(record), 'duplicate')
      const collected = await bench.collect(1)
      await collected.stop()
      expectEqual('one after it is done', await bench.put(record), 'duplicate')
      expectEqual('the runs', collected.seen.length, 1)
    },
  },
  {
    name: 'stores one of 50 at once',
    needs: tells,
    async run(bench) {
      const record = bench.record()
      const puts = await Promise.all(Array.from({ length: 50 }, () => bench.put(record)))
      expectEqual('the number stored', puts.filter((put) => put === 'stored').length, 1)
    },
  },
  {
    name: 'stores one of 20 at once by two processes',
    needs: tells,
    async run(bench) {
      const record = bench.record()
      const other = await bench.another()
      const puts = await Promise.all(
        Array.from({ length: 20 }, (_, i) => (i % 2 ? bench.put(record) : other.put(record))),
      )
      expectEqual('the number stored', puts.filter((put) => put === 'stored').length, 1)
    },
  },
  {
    name: 'has stored for another process what put has resolved for',
    needs: tells,
    async run(bench) {
      const other = await bench.another()
      for (let count = 0; count < 20; count++) {
        const record = bench.record()
        expectEqual('the first', await bench.put(record), 'stored')
        expectEqual('one by another', await other.put(record), 'duplicate')
      }
    },
  },
  {
    name: 'goes on with what is left when it is opened again',
    needs: ({ capabilities: { durable } }) => (durable === 'memory' ? 'It is memory' : undefined),
    async run(bench) {
      const record = bench.record()
      await bench.put(record)
      await bench.engine.close()
      const other = await bench.another()
      const { seen } = await bench.collect(1, undefined, other)
      expectEqual('the key', seen[0]?.record.key, record.key)
    },
  },
]
