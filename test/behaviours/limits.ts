import { createWebhookHandler } from 'webhook-target'
import { github } from 'webhook-target/providers/github'
import { describe, expect, test, vi } from 'vitest'
import { exchange, type Door } from '../support/doors.ts'
import { silent } from '../support/reports.ts'
import { fromGitHub, SECRET } from '../support/senders.ts'

export function limits(door: Door): void {
  describe('limits', () => {
    const open = (maxBodyBytes?: number) => {
      const effect = vi.fn()
      const handler = createWebhookHandler({
        provider: github({ secret: SECRET }),
        on: { '*': effect },
        telemetry: silent,
        ...(maxBodyBytes !== undefined && { limits: { maxBodyBytes } }),
      })
      return { effect, handler }
    }

    test.each(['GET', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])(
      '%s is 405 with Allow',
      async (method) => {
        const { effect, handler } = open()
        const { body, ...sent } = fromGitHub({ method })
        const answer = await exchange(
          door,
          handler,
          method === 'GET' ? sent : { ...sent, body: body! },
        )
        expect(answer.status).toBe(405)
        expect(answer.header('allow')).toBe('POST')
        expect(effect).not.toHaveBeenCalled()
      },
    )

    const json = (length: number) => `{"a":"${'a'.repeat(length - 8)}"}`
    const halves = (text: string) => {
      const bytes = new TextEncoder().encode(text)
      return [bytes.subarray(0, bytes.length / 2), bytes.subarray(bytes.length / 2)]
    }
    test.each([
      { name: 'at the limit', body: json(1000), status: 200 },
      { name: 'a byte over it', body: json(1001), status: 413 },
      { name: 'at the limit, in chunks', body: halves(json(1000)), status: 200 },
      { name: 'a byte over it, in chunks', body: halves(json(1001)), status: 413 },
    ])('a body $name is $status', async ({ body, status }) => {
      const { effect, handler } = open(1000)
      const answer = await exchange(door, handler, fromGitHub({ body }))
      expect(answer).toMatchObject({ status, body: '' })
      expect(effect).toHaveBeenCalledTimes(status === 200 ? 1 : 0)
    })

    test('the limit is 1 MiB unless set', async () => {
      const { handler } = open()
      const size = 1024 * 1024
      expect((await exchange(door, handler, fromGitHub({ body: json(size) }))).status).toBe(200)
      expect((await exchange(door, handler, fromGitHub({ body: json(size + 1) }))).status).toBe(413)
    })

    test.each([
      ['gzip', 415],
      ['br', 415],
      ['gzip, gzip', 415],
      ['identity', 200],
      ['Identity', 200],
      ['IDENTITY', 200],
      ['GZIP', 415],
    ])('Content-Encoding %s is %i', async (encoding, status) => {
      const { effect, handler } = open()
      const sent = fromGitHub({ headers: { 'content-encoding': encoding } })
      expect((await exchange(door, handler, sent)).status).toBe(status)
      expect(effect).toHaveBeenCalledTimes(status === 200 ? 1 : 0)
    })
  })
}
