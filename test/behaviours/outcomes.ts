import { createWebhookHandler, drop, reply, retry, type Provider } from 'webhook-target'
import { describe, expect, test } from 'vitest'
import { exchange, type Door } from '../support/doors.ts'
import { recorder } from '../support/reports.ts'
import { acme, fromAcme } from '../support/senders.ts'

interface Case {
  readonly name: string
  /** What the effect returns, or throws if it is a function. */
  readonly effect: () => unknown
  readonly status: number
  readonly body?: string
  readonly contentType?: string | null
  readonly retryAfter?: string | null
  readonly reported: string
  readonly acknowledge?: Provider['acknowledge']
}

const TEXT = 'text/plain; charset=utf-8'
const thenable = (value: unknown) => ({
  // oxlint-disable-next-line unicorn/no-thenable -- query builders are such
  then: (resolve: (value: unknown) => void) => resolve(value),
})
const rejecting = () => ({
  // oxlint-disable-next-line unicorn/no-thenable
  then: (_: unknown, reject: (error: Error) => void) => reject(new Error('query failed')),
})
const fail = () => {
  throw new Error('database is down')
}

const CASES: readonly Case[] = [
  { name: 'nothing', effect: () => undefined, status: 200, reported: 'done' },
  { name: 'a value that is no outcome', effect: () => 42, status: 200, reported: 'done' },
  { name: 'null', effect: () => null, status: 200, reported: 'done' },
  { name: 'a promise', effect: async () => {}, status: 200, reported: 'done' },
  { name: 'a thenable', effect: () => thenable(1), status: 200, reported: 'done' },
  {
    name: 'a thenable of an outcome',
    effect: () => thenable(drop('no')),
    status: 200,
    reported: 'dropped',
  },
  {
    name: 'reply() with an object',
    effect: () => reply({ text: 'ü' }),
    status: 200,
    body: '{"text":"ü"}',
    contentType: 'application/json',
    reported: 'replied',
  },
  {
    name: 'reply() with text',
    effect: async () => reply('deployed'),
    status: 200,
    body: 'deployed',
    contentType: TEXT,
    reported: 'replied',
  },
  {
    name: 'reply() with bytes',
    effect: () => reply(new TextEncoder().encode('bytes')),
    status: 200,
    body: 'bytes',
    contentType: TEXT,
    reported: 'replied',
  },
  {
    name: 'reply() with a content type and a status',
    effect: () => reply('<Response/>', { contentType: 'text/xml', status: 201 }),
    status: 201,
    body: '<Response/>',
    contentType: 'text/xml',
    reported: 'replied',
  },
  {
    name: "reply() in the provider's content type",
    effect: () => reply('<Response/>'),
    acknowledge: { replyType: 'text/xml' },
    status: 200,
    body: '<Response/>',
    contentType: 'text/xml',
    reported: 'replied',
  },
  {
    name: 'reply() with a status that has no content',
    effect: () => reply('lost', { status: 204 }),
    status: 204,
    reported: 'replied',
  },
  {
    name: 'reply() with what is no JSON',
    effect: () => reply({ big: 1n }),
    status: 503,
    retryAfter: '30',
    reported: 'unavailable',
  },
  { name: 'drop()', effect: () => drop('not main'), status: 200, reported: 'dropped' },
  { name: 'retry()', effect: () => retry(), status: 503, retryAfter: '30', reported: 'retry' },
  {
    name: 'retry() with seconds',
    effect: () => retry({ afterSeconds: 1.2 }),
    status: 503,
    retryAfter: '2',
    reported: 'retry',
  },
  {
    name: "retry() in the provider's status",
    effect: () => retry({ afterSeconds: 0 }),
    acknowledge: { retryStatus: 429 },
    status: 429,
    retryAfter: '0',
    reported: 'retry',
  },
  { name: 'a throw', effect: fail, status: 503, retryAfter: '30', reported: 'unavailable' },
  {
    name: 'a rejected promise',
    effect: async () => fail(),
    status: 503,
    retryAfter: '30',
    reported: 'unavailable',
  },
  {
    name: 'a rejecting thenable',
    effect: rejecting,
    status: 503,
    retryAfter: '30',
    reported: 'unavailable',
  },
  ...[
    ['undefined', undefined],
    ['null', null],
    ['text', 'text'],
    ['a bare object', Object.create(null)],
    ['a symbol', Symbol('odd')],
  ].map(([name, thrown]) => ({
    name: `a throw of ${String(name)}`,
    effect: () => {
      // oxlint-disable-next-line typescript/only-throw-error -- handlers throw what they like
      throw thrown
    },
    status: 503,
    retryAfter: '30',
    reported: 'unavailable',
  })),
  {
    name: "success in the provider's form",
    effect: () => undefined,
    acknowledge: {
      success: { status: 202, headers: { 'content-type': 'text/plain' }, body: '[accepted]' },
    },
    status: 202,
    body: '[accepted]',
    contentType: 'text/plain',
    reported: 'done',
  },
  {
    name: 'success without content',
    effect: () => undefined,
    acknowledge: { success: { status: 204 } },
    status: 204,
    reported: 'done',
  },
]

export function outcomes(door: Door): void {
  describe('outcomes', () => {
    test.each(CASES)('$name', async ({ effect, acknowledge, reported, ...expected }) => {
      const { telemetry, reports } = recorder()
      const handler = createWebhookHandler({
        provider: acme({ ...(acknowledge && { acknowledge }) }),
        on: { made: () => effect() as undefined },
        telemetry,
      })
      const answer = await exchange(door, handler, fromAcme())
      expect({
        status: answer.status,
        body: answer.body,
        contentType: answer.header('content-type'),
        retryAfter: answer.header('retry-after'),
      }).toEqual({
        status: expected.status,
        body: expected.body ?? '',
        contentType: expected.contentType ?? null,
        retryAfter: expected.retryAfter ?? null,
      })
      expect(reports.map(({ outcome, status }) => [outcome, status])).toEqual([
        [reported, expected.status],
      ])
    })
  })

  describe('which effect', () => {
    const open = (listed: readonly string[]) => {
      const called: string[] = []
      const handler = createWebhookHandler({
        provider: acme({
          event: {
            type: ({ payload }) => (payload as Typed).type,
            subtype: ({ payload }) => (payload as Typed).action,
          },
        }),
        on: Object.fromEntries(listed.map((type) => [type, () => void called.push(type)])),
        dedupe: false,
      })
      return { called, handler }
    }
    interface Typed {
      readonly type?: string
      readonly action?: string
    }

    test.each([
      [['made'], { type: 'made' }, 'made'],
      [['made'], { type: 'other' }, undefined],
      [['made', '*'], { type: 'other' }, '*'],
      [['*'], { type: 'made' }, '*'],
      [[], { type: 'made' }, undefined],
      [['pr.opened', 'pr', '*'], { type: 'pr', action: 'opened' }, 'pr.opened'],
      [['pr.opened', 'pr', '*'], { type: 'pr', action: 'closed' }, 'pr'],
      [['pr.opened', '*'], { type: 'pr', action: 'closed' }, '*'],
      [['pr.opened'], { type: 'pr' }, undefined],
      [['pr.opened'], { type: 'pr.opened' }, 'pr.opened'],
      [['a.b.c'], { type: 'a.b', action: 'c' }, 'a.b.c'],
      [['*'], {}, '*'],
      [['made'], { type: '*' }, undefined],
      [['made'], { type: 'constructor' }, undefined],
      [['made'], { type: '__proto__' }, undefined],
    ] as const)('of %j, %j goes to %s', async (listed, payload, expected) => {
      const { called, handler } = open(listed)
      const sent = fromAcme({ body: JSON.stringify(payload) })
      expect((await exchange(door, handler, sent)).status).toBe(200)
      expect(called).toEqual(expected === undefined ? [] : [expected])
    })

    test('a type that nothing is registered for is reported as ignored', async () => {
      const { telemetry, reports } = recorder()
      const handler = createWebhookHandler({ provider: acme(), on: { other: () => {} }, telemetry })
      expect((await exchange(door, handler, fromAcme({ id: 'x' }))).status).toBe(200)
      expect(reports).toMatchObject([{ outcome: 'ignored', type: 'made', id: 'x', status: 200 }])
    })
  })
}
