import { createWebhookHandler } from 'webhook-target'
import { github } from 'webhook-target/providers/github'
import { describe, expect, test, vi } from 'vitest'
import { silent } from '../../support/reports.ts'
import { fromGitHub, SECRET } from '../../support/senders.ts'
import { raw, rawRequest, start } from '../../support/wire.ts'

async function receive(lines: {
  readonly target?: string
  readonly host?: readonly string[]
  readonly headers?: readonly string[]
}) {
  const effect = vi.fn()
  const handler = createWebhookHandler({
    provider: github({ secret: SECRET }),
    on: { '*': (_event, { request }) => void effect(request.url) },
    telemetry: silent,
  })
  const { port } = await start(handler)
  const genuine = fromGitHub()
  const [, ...rest] = rawRequest({ ...genuine, lines: lines.headers ?? [] }).split('\r\n')
  const fields = rest.filter((line) => !line.startsWith('host:'))
  const hosts = (lines.host ?? ['localhost']).map((host) => `Host: ${host}`)
  const answer = await raw(
    port,
    [`POST ${lines.target ?? '/'} HTTP/1.1`, ...hosts, 'connection: close', ...fields].join('\r\n'),
  )
  return { answer, effect }
}

describe('request guard', () => {
  test.each([
    ['a name', 'hooks.example.com', 'http://hooks.example.com/'],
    ['a name and a port', 'hooks.example.com:8443', 'http://hooks.example.com:8443/'],
    ['an IPv4 address', '10.1.2.3:80', 'http://10.1.2.3/'],
    ['an IPv6 address', '[::1]:8080', 'http://[::1]:8080/'],
  ])('takes %s as Host', async (_, host, url) => {
    const { answer, effect } = await receive({ host: [host] })
    expect(answer).toMatchObject({ status: 200, closed: true })
    expect(effect).toHaveBeenCalledExactlyOnceWith(url)
  })

  test.each([
    ['none', []],
    ['an empty one', ['']],
    ['two', ['localhost', 'evil.example.com']],
    ['the same twice', ['localhost', 'localhost']],
    ['credentials', ['user:password@localhost']],
    ['a port out of range', ['localhost:123456']],
    ['an open bracket', ['[::1']],
    ['a path', ['localhost/github']],
    ['a fragment', ['localhost#']],
    ['a space', ['local host']],
    ['a list', ['localhost, evil.example.com']],
    ['markup', ['"><script>']],
  ])('refuses Host: %s', async (_, host) => {
    const { answer, effect } = await receive({ host })
    expect(answer).toMatchObject({ status: 400, closed: true })
    expect(effect).not.toHaveBeenCalled()
  })

  test('refuses two Hosts for a Fetch handler, too', async () => {
    const handler = vi.fn(() => new Response())
    const { port } = await start(handler)
    const head = 'GET / HTTP/1.1\r\nHost: localhost\r\nHost: localhost\r\nConnection: close\r\n\r\n'
    expect(await raw(port, head)).toMatchObject({ status: 400, closed: true })
    expect(handler).not.toHaveBeenCalled()
  })

  test.each([
    ['two slashes', '//evil.example.com/x', 'http://localhost//evil.example.com/x'],
    ['dots', '/a/../b', 'http://localhost/b'],
    ['a question mark twice', '/?a=1?b=2', 'http://localhost/?a=1?b=2'],
    ['quotes and braces', '/?a="{}|', 'http://localhost/?a=%22{}|'],
  ])('takes a target with %s, on its own Host', async (_, target, url) => {
    const { answer, effect } = await receive({ target })
    expect(answer.status).toBe(200)
    expect(effect).toHaveBeenCalledExactlyOnceWith(url)
  })

  test.each([
    ['the absolute form', 'http://evil.example.com/github'],
    ['an absolute form that is none', 'http://[::1/github'],
    ['the asterisk form', '*'],
    ['the authority form', 'localhost:80'],
    ['a fragment', '/github#x'],
    ['no slash', 'github'],
  ])('refuses a target in %s', async (_, target) => {
    const { answer, effect } = await receive({ target })
    expect(answer).toMatchObject({ status: 400, closed: true })
    expect(effect).not.toHaveBeenCalled()
  })

  test.each([
    ['the signature', 'X-Hub-Signature-256: sha256=00'],
    ['the content type', 'Content-Type: text/plain'],
    ['the content encoding', 'Content-Encoding: identity\r\ncontent-encoding: identity'],
  ])('refuses a head that has %s twice', async (_, line) => {
    const { answer, effect } = await receive({ headers: [line] })
    expect(answer).toMatchObject({ status: 400, closed: true })
    expect(effect).not.toHaveBeenCalled()
  })

  test('other headers may come more than once', async () => {
    const { answer, effect } = await receive({
      headers: ['x-more: 1', 'X-More: 2', 'via: a', 'via: b'],
    })
    expect(answer.status).toBe(200)
    expect(effect).toHaveBeenCalledTimes(1)
  })
})
