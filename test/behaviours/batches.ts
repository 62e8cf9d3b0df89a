import { createWebhookHandler, drop, reply, retry } from 'webhook-target'
import { describe, expect, test } from 'vitest'
import type { Door } from '../support/doors.ts'
import { recorder } from '../support/reports.ts'
import { acmeBatches, fromAcme } from '../support/senders.ts'

const EFFECTS: Readonly<Record<string, () => unknown>> = {
  done: () => undefined,
  drop: () => drop('not wanted'),
  reply: () => reply('hello'),
  retry: () => retry({ afterSeconds: 7 }),
  late: async () => undefined,
  throw: () => {
    throw new Error('database is down')
  },
}

export function batches(door: Door): void {
  async function open(effects = EFFECTS) {
    const { telemetry, reports } = recorder()
    const worked: string[] = []
    const handler = createWebhookHandler({
      provider: acmeBatches(),
      on: Object.fromEntries(
        Object.entries(effects).map(([type, effect]) => [
          type,
          ({ id }: { id: string | undefined }) => {
            worked.push(id!)
            return effect() as undefined
          },
        ]),
      ),
      telemetry,
    })
    const client = await door.open(handler)
    const send = (types: readonly string[]) =>
      client.send(
        fromAcme({ body: JSON.stringify(types.map((type, id) => ({ type, id: `${id}` }))) }),
      )
    return { client, reports, send, worked }
  }

  describe('batches', () => {
    test.each([
      [['done', 'late', 'unknown'], 200, null],
      [['done', 'drop', 'reply'], 200, null],
      [['done', 'retry', 'done'], 503, '7'],
      [['retry', 'throw', 'done'], 503, '30'],
      [['done', 'done', 'throw'], 503, '30'],
      [[], 200, null],
    ] as const)('the worst of %j decides: %i', async (types, status, retryAfter) => {
      const { client, reports, send } = await open()
      const answer = await send(types)
      await client.close()
      expect(answer).toMatchObject({ status, body: '' })
      expect(answer.header('retry-after')).toBe(retryAfter)
      expect(reports).toHaveLength(types.length || 1)
      for (const report of reports) expect(report.status).toBe(status)
    })

    test('an empty one is acknowledged, and reported as ignored', async () => {
      const { client, reports, send } = await open()
      expect((await send([])).status).toBe(200)
      await client.close()
      expect(reports).toMatchObject([{ provider: 'acme', outcome: 'ignored', status: 200 }])
    })

    test('a single event of a batch may reply', async () => {
      const { client, send } = await open()
      expect(await send(['reply'])).toMatchObject({ status: 200, body: 'hello' })
      await client.close()
    })

    test('delivered again, only what failed runs again', async () => {
      let healthy = false
      const { client, reports, send, worked } = await open({
        ...EFFECTS,
        throw: () => {
          if (!healthy) throw new Error('database is down')
        },
      })
      const types = ['done', 'throw', 'drop', 'late']
      expect((await send(types)).status).toBe(503)
      expect(worked).toEqual(['0', '1', '2', '3'])
      healthy = true
      expect((await send(types)).status).toBe(200)
      expect(worked).toEqual(['0', '1', '2', '3', '1'])
      expect(reports.slice(4).map(({ outcome }) => outcome)).toEqual([
        'duplicate',
        'done',
        'duplicate',
        'duplicate',
      ])
      expect((await send(types)).status).toBe(200)
      expect(worked).toHaveLength(5)
      await client.close()
    })

    test('the same event twice in one batch is worked on once', async () => {
      const { client, worked } = await open()
      const event = { type: 'late', id: 'same' }
      await client.send(fromAcme({ body: JSON.stringify([event, event]) }))
      await client.close()
      expect(worked).toEqual(['same'])
    })

    test('items without ids are told apart by their content', async () => {
      const { client, worked } = await open()
      const body = JSON.stringify([
        { type: 'done', n: 1 },
        { type: 'done', n: 2 },
      ])
      await client.send(fromAcme({ body }))
      await client.send(fromAcme({ body }))
      await client.close()
      expect(worked).toHaveLength(2)
    })
  })
}
