import { createWebhookHandler, drop, reply, retry, type DeliveryReport } from 'webhook-target'
import { echo } from 'webhook-target/challenges/echo'
import { describe, expect, test } from 'vitest'
import type { Door, Sent } from '../support/doors.ts'
import { recorder } from '../support/reports.ts'
import { acme, fromAcme } from '../support/senders.ts'

const EFFECTS = {
  done: () => undefined,
  reply: () => reply('hello'),
  retry: () => retry({ reason: 'locked' }),
  drop: () => drop('not wanted'),
  throw: () => Promise.reject(new Error('database is down')),
}

const ofType = (type: string): Sent =>
  fromAcme({ id: `id-${type}`, body: JSON.stringify({ type }) })

const CASES: readonly [name: string, sent: Sent, report: Partial<DeliveryReport>][] = [
  [
    'done',
    ofType('done'),
    { outcome: 'done', status: 200, type: 'done', id: 'id-done', secret: 0 },
  ],
  ['ignored', ofType('other'), { outcome: 'ignored', status: 200, type: 'other' }],
  ['replied', ofType('reply'), { outcome: 'replied', status: 200 }],
  ['retry', ofType('retry'), { outcome: 'retry', status: 503, reason: 'locked', type: 'retry' }],
  ['dropped', ofType('drop'), { outcome: 'dropped', status: 200, reason: 'not wanted' }],
  ['unavailable', ofType('throw'), { outcome: 'unavailable', status: 503, type: 'throw' }],
  ['duplicate', ofType('done'), { outcome: 'duplicate', status: 200, type: 'done' }],
  ['challenge', fromAcme({ body: '{"challenge":"abc"}' }), { outcome: 'challenge', status: 200 }],
  ['refused', fromAcme({ secret: 'x' }), { outcome: 'refused', status: 401 }],
  ['rejected', fromAcme({ body: '{' }), { outcome: 'rejected', status: 400 }],
]

export function reports(door: Door): void {
  describe('reports', () => {
    test('one for each delivery, with what became of it', async () => {
      const { telemetry, reports: seen } = recorder()
      const handler = createWebhookHandler({
        provider: acme({ challenges: [echo({ member: 'challenge' })] }),
        on: EFFECTS,
        telemetry,
      })
      const client = await door.open(handler)
      for (const [, sent] of CASES) await client.send(sent)
      await client.close()
      expect(seen).toHaveLength(CASES.length)
      for (const [index, [name, , report]] of CASES.entries()) {
        expect(seen[index], name).toMatchObject({ provider: 'acme', ...report })
        expect(seen[index]!.durationMs, name).toBeGreaterThanOrEqual(0)
      }
      expect(seen.map(({ error }) => error?.code)).toEqual([
        ...Array.from({ length: 5 }),
        'ERR_HANDLER_FAILED',
        ...Array.from({ length: 2 }),
        'ERR_SIGNATURE_MISMATCH',
        'ERR_BODY_MALFORMED',
      ])
    })

    test('telemetry that throws changes no answer', async () => {
      const handler = createWebhookHandler({
        provider: acme(),
        on: {},
        telemetry: {
          onDelivery() {
            throw new Error('the log is full')
          },
        },
      })
      const client = await door.open(handler)
      expect((await client.send(fromAcme())).status).toBe(200)
      expect((await client.send(fromAcme({ secret: 'x' }))).status).toBe(401)
      await client.close()
    })
  })
}
