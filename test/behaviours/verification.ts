import { createWebhookHandler, defineProvider } from 'webhook-target'
import { echo } from 'webhook-target/challenges/echo'
import { github } from 'webhook-target/providers/github'
import { describe, expect, test, vi } from 'vitest'
import { exchange, type Door, type Sent } from '../support/doors.ts'
import { acme, acmeDefinition, fromAcme, fromGitHub, hexHmac, SECRET } from '../support/senders.ts'
import { silent } from '../support/reports.ts'

export function verification(door: Door): void {
  describe('verification', () => {
    test('a genuine delivery is worked on and acknowledged without a body', async () => {
      const push = vi.fn()
      const handler = createWebhookHandler({ provider: github({ secret: SECRET }), on: { push } })
      const answer = await exchange(
        door,
        handler,
        fromGitHub({ id: 'one', body: '{"ref":"main"}' }),
      )
      expect(answer).toMatchObject({ status: 200, body: '' })
      expect(push).toHaveBeenCalledTimes(1)
      expect(push.mock.calls[0]?.[0]).toMatchObject({
        provider: 'github',
        type: 'push',
        id: 'one',
        data: { ref: 'main' },
        secret: 0,
      })
    })

    const genuine = fromGitHub()
    const signature = genuine.headers!['x-hub-signature-256']!
    const refused: readonly { name: string; sent: Sent }[] = [
      { name: 'no signature', sent: { ...genuine, headers: { 'x-github-event': 'push' } } },
      ...[
        ['an empty signature', ''],
        ['no prefix', signature.slice('sha256='.length)],
        ['another prefix', signature.replace('sha256', 'sha1')],
        ['upper-case hex', `sha256=${signature.slice(7).toUpperCase()}`],
        ['a digit too few', signature.slice(0, -1)],
        ['a digit too many', `${signature}0`],
        ['no hex', `sha256=${'z'.repeat(64)}`],
        ['another digest', `sha256=${'0'.repeat(64)}`],
      ].map(([name, value]) => ({
        name: name!,
        sent: fromGitHub({ headers: { 'x-hub-signature-256': value! } }),
      })),
      { name: 'another secret', sent: fromGitHub({ secret: 'another secret' }) },
      { name: 'another body', sent: { ...genuine, body: '{"zen":"Design for failures"}' } },
      { name: 'no body', sent: { ...genuine, body: '' } },
    ]
    test.each(refused)('refused with 401 and nothing else: $name', async ({ sent }) => {
      const effect = vi.fn()
      const handler = createWebhookHandler({
        provider: github({ secret: SECRET }),
        on: { '*': effect },
        telemetry: silent,
      })
      const answer = await exchange(door, handler, sent)
      expect(answer).toMatchObject({ status: 401, body: '' })
      expect(answer.header('content-type')).toBeNull()
      expect(effect).not.toHaveBeenCalled()
    })

    test("a refusal has the status of the provider's contract", async () => {
      const provider = acme({ acknowledge: { refusedStatus: 403 } })
      const handler = createWebhookHandler({ provider, on: {}, telemetry: silent })
      expect(await exchange(door, handler, fromAcme({ secret: 'another' }))).toMatchObject({
        status: 403,
      })
    })

    const sources: readonly [
      name: string,
      secret: () => Promise<string> | undefined,
      status: number,
    ][] = [
      ['a secret function that throws', () => Promise.reject(new Error('vault is down')), 503],
      ['a secret function that knows no tenant', () => undefined, 401],
    ]
    test.each(sources)('%s', async (_, secret, status) => {
      const effect = vi.fn()
      const handler = createWebhookHandler({
        provider: github({ secret }),
        on: { push: effect },
        telemetry: silent,
      })
      const answer = await exchange(door, handler, fromGitHub())
      expect(answer.status).toBe(status)
      expect(answer.header('retry-after')).toBe(status === 503 ? '30' : null)
      expect(effect).not.toHaveBeenCalled()
    })

    test('of several secrets the event tells which matched', async () => {
      const secrets: number[] = []
      const handler = createWebhookHandler({
        provider: github({ secret: ['new secret', SECRET] }),
        on: { push: (event) => void secrets.push(event.secret) },
      })
      await exchange(door, handler, fromGitHub())
      await exchange(door, handler, fromGitHub({ secret: 'new secret' }))
      expect(secrets).toEqual([1, 0])
    })

    test('a signed challenge is answered, an unsigned one is not', async () => {
      const effect = vi.fn()
      const handler = createWebhookHandler({
        provider: defineProvider({
          ...acmeDefinition,
          challenges: [echo({ member: 'challenge', when: { type: 'url_verification' } })],
        }),
        on: { '*': effect },
        telemetry: silent,
      })
      const body = '{"type":"url_verification","challenge":"3eZbrw1aB10"}'
      const answer = await exchange(door, handler, fromAcme({ body }))
      expect(answer).toMatchObject({ status: 200, body: '3eZbrw1aB10' })
      expect(answer.header('content-type')).toBe('text/plain; charset=utf-8')
      expect(answer.header('x-content-type-options')).toBe('nosniff')
      expect(await exchange(door, handler, fromAcme({ body, secret: 'x' }))).toMatchObject({
        status: 401,
        body: '',
      })
      expect(effect).not.toHaveBeenCalled()
    })

    test('a challenge in the query is answered to a GET', async () => {
      const handler = createWebhookHandler({
        provider: acme({ challenges: [echo({ query: 'challenge' })] }),
        on: {},
        telemetry: silent,
      })
      const ask = (path: string) => exchange(door, handler, { method: 'GET', path })
      expect(await ask('/?challenge=abc-123')).toMatchObject({ status: 200, body: 'abc-123' })
      expect(await ask('/?challenge=%3Cb%3E')).toMatchObject({ status: 403, body: '' })
      expect(await ask('/')).toMatchObject({ status: 400, body: '' })
    })

    test('the signature covers bytes that are not text', async () => {
      const bodies: Uint8Array[] = []
      const body = Uint8Array.from({ length: 256 }, (_, i) => i)
      const handler = createWebhookHandler({
        provider: acme({ event: {} }),
        on: { webhook: (_event, { rawBody }) => void bodies.push(rawBody) },
      })
      const headers = {
        'content-type': 'application/octet-stream',
        'x-acme-signature': hexHmac(body),
      }
      expect(await exchange(door, handler, { body, headers })).toMatchObject({ status: 200 })
      expect(bodies.map((bytes) => [...bytes])).toEqual([[...body]])
    })
  })
}
