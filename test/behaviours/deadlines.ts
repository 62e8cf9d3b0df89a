import { createWebhookHandler } from 'webhook-target'
import { github } from 'webhook-target/providers/github'
import { describe, expect, test } from 'vitest'
import { exchange, type Door } from '../support/doors.ts'
import { recorder, silent } from '../support/reports.ts'
import { fromGitHub, SECRET } from '../support/senders.ts'

/** The platform gives up after 300 ms; half of that is left to work in. */
const host = { platformTimeoutSeconds: 0.3 }

export function deadlines(door: Door): void {
  describe('deadline', () => {
    test('503 before the sender gives up, and the signal is aborted', async () => {
      const { telemetry, reports } = recorder()
      const signals: AbortSignal[] = []
      const handler = createWebhookHandler({
        provider: github({ secret: SECRET }),
        on: {
          push: (_event, { signal }) => {
            signals.push(signal)
            return new Promise(() => {})
          },
        },
        telemetry,
      })
      const answer = await exchange(door, handler, fromGitHub(), host)
      expect(answer).toMatchObject({ status: 503, body: '' })
      expect(answer.header('retry-after')).toMatch(/^\d+$/)
      expect(signals[0]!.aborted).toBe(true)
      expect(signals[0]!.reason).toMatchObject({ code: 'ERR_DEADLINE_EXCEEDED' })
      expect(reports).toMatchObject([
        { outcome: 'unavailable', status: 503, error: { code: 'ERR_DEADLINE_EXCEEDED' } },
      ])
    })

    test('the context tells when the sender must have its answer', async () => {
      const now = Date.UTC(2026, 0, 1)
      const told: number[] = []
      const handler = createWebhookHandler({
        provider: github({ secret: SECRET }),
        clock: () => now,
        on: { push: (_event, { deadline }) => void told.push(deadline) },
      })
      await exchange(door, handler, fromGitHub())
      await exchange(door, handler, fromGitHub(), host)
      await exchange(door, handler, fromGitHub(), { platformTimeoutSeconds: 3600 })
      // Less the time that a host had the request before; on sockets that is not quite none.
      const [alone, short, long] = told.map((deadline) => deadline - now)
      expect(alone).toSatisfy((ms) => ms > 8500 && ms <= 9000)
      expect(short).toSatisfy((ms) => ms > 0 && ms <= 150)
      expect(long).toSatisfy((ms) => ms > 8500 && ms <= 9000)
    })

    test('work that succeeds too late is remembered: the retry is a duplicate', async () => {
      const { telemetry, reports } = recorder()
      let finish = () => {}
      let worked = 0
      const handler = createWebhookHandler({
        provider: github({ secret: SECRET }),
        on: {
          push() {
            worked++
            return new Promise<void>((resolve) => (finish = resolve))
          },
        },
        telemetry,
      })
      const client = await door.open(handler, host)
      const sent = fromGitHub({ id: 'late' })
      expect((await client.send(sent)).status).toBe(503)
      // Still in work: the retry waits for the first one, it does not start a second.
      expect((await client.send(sent)).status).toBe(503)
      finish()
      await Promise.resolve()
      expect((await client.send(sent)).status).toBe(200)
      await client.close()
      expect(worked).toBe(1)
      expect(reports.map(({ outcome }) => outcome)).toEqual([
        'unavailable',
        'duplicate',
        'duplicate',
      ])
    })

    test('work that fails too late is forgotten: the retry runs', async () => {
      let failLate: (error: Error) => void
      let worked = 0
      const handler = createWebhookHandler({
        provider: github({ secret: SECRET }),
        on: {
          push() {
            if (++worked > 1) return undefined
            return new Promise<undefined>((_, reject) => (failLate = reject))
          },
        },
        telemetry: silent,
      })
      const client = await door.open(handler, host)
      const sent = fromGitHub({ id: 'late' })
      expect((await client.send(sent)).status).toBe(503)
      failLate!(new Error('too late'))
      await Promise.resolve()
      expect((await client.send(sent)).status).toBe(200)
      await client.close()
      expect(worked).toBe(2)
    })

    test('the signal stays quiet for work that is done in time', async () => {
      const signals: AbortSignal[] = []
      const handler = createWebhookHandler({
        provider: github({ secret: SECRET }),
        on: { push: (_event, { signal }) => void signals.push(signal) },
      })
      expect((await exchange(door, handler, fromGitHub(), host)).status).toBe(200)
      await new Promise((resolve) => setTimeout(resolve, 200))
      expect(signals[0]!.aborted).toBe(false)
    })
  })
}
