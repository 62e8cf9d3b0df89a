import { createWebhookHandler } from 'webhook-target'
import { github } from 'webhook-target/providers/github'
import { describe, expect, test } from 'vitest'
import { fromGitHub, SECRET } from '../../support/senders.ts'
import { post, start } from '../../support/wire.ts'

async function receive(
  headers: Readonly<Record<string, string>>,
  trustedProxies?: readonly string[],
  host = '127.0.0.1',
) {
  const seen: { url: string; clientAddress: string | undefined }[] = []
  const handler = createWebhookHandler({
    provider: github({ secret: SECRET }),
    on: {
      '*': (_event, { request, clientAddress }) =>
        void seen.push({ url: request.url, clientAddress }),
    },
  })
  const { port } = await start(handler, { host, ...(trustedProxies && { trustedProxies }) })
  const answer = await post(port, fromGitHub({ headers: { host: 'internal:8080', ...headers } }))
  expect(answer.status).toBe(200)
  return seen[0]!
}

const FORWARDED = {
  'x-forwarded-for': '203.0.113.9',
  'x-forwarded-proto': 'https',
  'x-forwarded-host': 'hooks.example.com',
}
const OWN = { url: 'http://internal:8080/', clientAddress: '127.0.0.1' }
const TOLD = { url: 'https://hooks.example.com/', clientAddress: '203.0.113.9' }

describe('trusted proxies', () => {
  test.each([
    ['none are listed', undefined, OWN],
    ['the list is empty', [], OWN],
    ['others are listed', ['10.0.0.0/8', '127.0.0.2'], OWN],
    ['the address is listed', ['127.0.0.1'], TOLD],
    ['its network is listed', ['127.0.0.0/8'], TOLD],
    ['one of several is it', ['::1', '10.0.0.0/8', '127.0.0.1'], TOLD],
  ] as const)('forwarded headers where %s', async (_, trusted, expected) => {
    expect(await receive(FORWARDED, trusted)).toEqual(expected)
  })

  test.each([
    ['127.0.0.1', TOLD],
    ['::ffff:127.0.0.1', TOLD],
    ['10.0.0.0/8', OWN],
  ] as const)('an IPv4 peer on an IPv6 socket, with %s listed', async (entry, expected) => {
    expect(await receive(FORWARDED, [entry], '::')).toEqual(expected)
  })

  test.each([
    ['the last address counts', { 'x-forwarded-for': '1.2.3.4, 203.0.113.9' }, TOLD.clientAddress],
    ['an IPv6 one', { 'x-forwarded-for': '2001:db8::1' }, '2001:db8::1'],
    ['what is no address', { 'x-forwarded-for': '203.0.113.9, evil' }, '127.0.0.1'],
    ['an address with a script', { 'x-forwarded-for': '<script>' }, '127.0.0.1'],
    ['an empty list', { 'x-forwarded-for': ', ' }, '127.0.0.1'],
    [
      'Forwarded is another header',
      { forwarded: 'for=1.2.3.4;host=evil.example.com' },
      '127.0.0.1',
    ],
    ['so is X-Real-IP', { 'x-real-ip': '1.2.3.4' }, '127.0.0.1'],
  ])('client address: %s', async (_, headers, expected) => {
    expect((await receive(headers, ['127.0.0.1'])).clientAddress).toBe(expected)
  })

  test.each([
    [
      'the last scheme and host count',
      {
        'x-forwarded-proto': 'http, https',
        'x-forwarded-host': 'evil.example.com, hooks.example.com',
      },
      TOLD.url,
    ],
    ['a scheme that is none', { 'x-forwarded-proto': 'javascript' }, OWN.url],
    ['a scheme in capitals', { 'x-forwarded-proto': 'HTTPS' }, OWN.url],
    ['a host with credentials', { 'x-forwarded-host': 'a:b@evil.example.com' }, OWN.url],
    ['a host with a path', { 'x-forwarded-host': 'evil.example.com/x' }, OWN.url],
    ['an empty host', { 'x-forwarded-host': '' }, OWN.url],
    [
      'a host with a port',
      { 'x-forwarded-host': 'hooks.example.com:8443' },
      'http://hooks.example.com:8443/',
    ],
  ])('URL: %s', async (_, headers, expected) => {
    expect((await receive(headers, ['127.0.0.1'])).url).toBe(expected)
  })
})
