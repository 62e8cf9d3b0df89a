import { createWebhookHandler, mount, reply, retry } from 'webhook-target'
import { github } from 'webhook-target/providers/github'
import { describe, expect, test } from 'vitest'
import type { Door } from '../support/doors.ts'
import { recorder, silent } from '../support/reports.ts'
import { acme, fromAcme, fromGitHub, SECRET } from '../support/senders.ts'

export function duplicates(door: Door): void {
  describe('duplicates', () => {
    test('50 at once are worked on once and all answered alike', async () => {
      const { telemetry, reports } = recorder()
      let worked = 0
      const handler = createWebhookHandler({
        provider: github({ secret: SECRET }),
        on: {
          async push() {
            const turn = ++worked
            await new Promise((resolve) => setTimeout(resolve, 20))
            return reply({ turn })
          },
        },
        telemetry,
      })
      const client = await door.open(handler)
      const answers = await Promise.all(
        Array.from({ length: 50 }, () => client.send(fromGitHub({ id: 'same' }))),
      )
      await client.close()
      expect(worked).toBe(1)
      expect(new Set(answers.map(({ status, body }) => `${status} ${body}`))).toEqual(
        new Set(['200 {"turn":1}']),
      )
      expect(reports.filter(({ outcome }) => outcome === 'duplicate')).toHaveLength(49)
    })

    test('a later one gets the answer of the first', async () => {
      let worked = 0
      const handler = createWebhookHandler({
        provider: github({ secret: SECRET }),
        on: { push: () => reply({ turn: ++worked }, { status: 201 }) },
      })
      const client = await door.open(handler)
      for (const _ of [1, 2, 3]) {
        expect(await client.send(fromGitHub({ id: 'same' }))).toMatchObject({
          status: 201,
          body: '{"turn":1}',
        })
      }
      await client.close()
    })

    test.each([
      ['threw', () => Promise.reject(new Error('down'))],
      [
        'threw at once',
        () => {
          throw new Error('down')
        },
      ],
      ['asked for a retry', () => retry()],
      ['asked for a retry later', async () => retry()],
    ] as const)('what %s runs again', async (_, failing) => {
      let worked = 0
      const handler = createWebhookHandler({
        provider: github({ secret: SECRET }),
        on: { push: () => (++worked === 1 ? failing() : undefined) as undefined },
        telemetry: silent,
      })
      const client = await door.open(handler)
      const statuses: number[] = []
      for (let i = 0; i < 3; i++) statuses.push((await client.send(fromGitHub({ id: 'a' }))).status)
      await client.close()
      expect(statuses).toEqual([503, 200, 200])
      expect(worked).toBe(2)
    })

    test('`dedupe: false` works on each', async () => {
      let worked = 0
      const handler = createWebhookHandler({
        provider: github({ secret: SECRET }),
        on: { push: () => void worked++ },
        dedupe: false,
      })
      const client = await door.open(handler)
      for (const _ of [1, 2]) await client.send(fromGitHub({ id: 'same' }))
      await client.close()
      expect(worked).toBe(2)
    })

    test('a sender without ids: the body tells', async () => {
      let worked = 0
      const handler = createWebhookHandler({
        provider: github({ secret: SECRET, identity: 'content' }),
        on: { push: () => void worked++ },
      })
      const client = await door.open(handler)
      await client.send(fromGitHub({ id: 'a', body: '{"a":1}' }))
      await client.send(fromGitHub({ id: 'b', body: '{"a":1}' }))
      await client.send(fromGitHub({ id: 'b', body: '{"a":2}' }))
      await client.close()
      expect(worked).toBe(2)
    })

    test('the key is scoped by provider, path and tenant', async () => {
      const keys: string[] = []
      const on = { '*': (event: { key: string }) => void keys.push(event.key) }
      // One handler at several places, so that it has one memory.
      const one = createWebhookHandler({ provider: acme(), on })
      const other = createWebhookHandler({ provider: acme({ name: 'other' }), on })
      const client = await door.open(
        mount({ '/a': one, '/b': one, '/t/:tenant': one, '/t/:x/:y': one, '/other': other }),
      )
      const paths = [
        '/a',
        '/b',
        '/t/1',
        '/t/2',
        '/t/1/2',
        '/t/1%2F2',
        '/t/1%3A',
        '/other',
        '/other',
      ]
      for (const path of [...paths, ...paths]) {
        expect((await client.send(fromAcme({ path, id: 'same' }))).status).toBe(200)
      }
      await client.close()
      expect(new Set(keys).size).toBe(8)
      expect(keys).toHaveLength(8)
    })
  })
}
