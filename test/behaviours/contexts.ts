import { createWebhookHandler, header, mount, number, type WebhookContext } from 'webhook-target'
import { describe, expect, test } from 'vitest'
import { exchange, type Door } from '../support/doors.ts'
import { silent } from '../support/reports.ts'
import { acme, acmeDefinition, fromAcme, hexHmac } from '../support/senders.ts'

export function contexts(door: Door): void {
  const open = (seen: WebhookContext[]) =>
    createWebhookHandler({
      provider: acme({
        event: { ...acmeDefinition.event, attempt: number(header('x-acme-retry'), 1) },
      }),
      on: { '*': (_event, context) => void seen.push(context) },
      telemetry: silent,
    })

  describe('context', () => {
    test('the request is a real one with the exact bytes', async () => {
      const seen: WebhookContext[] = []
      const body = Uint8Array.of(0x7b, 0x7d, 0x0a, 0x20, 0x0d)
      const sent = fromAcme({ body, path: '/a%2Fb?x=1&x=2', headers: { 'x-more': 'yes' } })
      expect((await exchange(door, open(seen), sent)).status).toBe(200)
      const { request, rawBody, headers } = seen[0]!
      expect(request).toBeInstanceOf(Request)
      expect(request).toBe(seen[0]!.request)
      expect(request.method).toBe('POST')
      expect(new URL(request.url)).toMatchObject({ pathname: '/a%2Fb', search: '?x=1&x=2' })
      expect(request.headers.get('x-more')).toBe('yes')
      expect(headers.get('x-more')).toBe('yes')
      expect([...headers].map(([name]) => name)).toContain('x-acme-signature')
      expect([...rawBody]).toEqual([...body])
      expect([...new Uint8Array(await request.clone().arrayBuffer())]).toEqual([...body])
      expect(hexHmac(new Uint8Array(await request.arrayBuffer()))).toBe(
        sent.headers!['x-acme-signature'],
      )
    })

    test('the request has the public URL where one is set', async () => {
      const urls: string[] = []
      const handler = createWebhookHandler({
        provider: acme(),
        publicUrl: 'https://public.example.com/hooks',
        on: { '*': (_event, { request }) => void urls.push(request.url) },
      })
      await exchange(door, handler, fromAcme({ path: '/internal?a=1' }))
      expect(urls).toEqual(['https://public.example.com/hooks?a=1'])
    })

    test('the attempt, where the sender tells', async () => {
      const seen: WebhookContext[] = []
      const handler = open(seen)
      await exchange(door, handler, fromAcme())
      await exchange(door, handler, fromAcme({ headers: { 'x-acme-retry': '2' } }))
      await exchange(door, handler, fromAcme({ headers: { 'x-acme-retry': 'two' } }))
      expect(seen.map(({ attempt }) => attempt)).toEqual([1, 3, 1])
    })

    test('the parameters of a mounted path', async () => {
      const seen: WebhookContext[] = []
      const handler = mount({ '/acme/:tenant/:zone': open(seen), '/acme/fixed/x': open(seen) })
      const send = (path: string) => exchange(door, handler, fromAcme({ path }))
      expect((await send('/acme/one/two%2F%C3%BC?q=1')).status).toBe(200)
      expect((await send('/acme/fixed/x')).status).toBe(200)
      expect(seen.map(({ params }) => ({ ...params }))).toEqual([
        { tenant: 'one', zone: 'two/ü' },
        {},
      ])
    })

    test.each([
      '/',
      '/acme',
      '/acme/',
      '/acme/a/b/c',
      '/acme//b',
      '/acme/a/%zz',
      '/ACME/a/b',
      '/x/acme/a/b',
      '/acme/a/b/',
    ])('an unknown path is 404: %s', async (path) => {
      const seen: WebhookContext[] = []
      const handler = mount({ '/acme/:tenant/:zone': open(seen) })
      expect(await exchange(door, handler, fromAcme({ path }))).toMatchObject({
        status: 404,
        body: '',
      })
      expect(seen).toEqual([])
    })
  })
}
