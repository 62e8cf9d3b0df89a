/**
 * Requests that name a URL to be fetched, before anything about them is proven: keys and certificates of the
 * sender, the confirmation of a subscription. Whatever they name, only the sender's own hosts are called.
 */
import { createWebhookHandler, type Provider } from 'webhook-target'
import { adobeIo } from 'webhook-target/providers/adobe-io'
import { awsSns } from 'webhook-target/providers/aws-sns'
import { paypal } from 'webhook-target/providers/paypal'
import { plaid } from 'webhook-target/providers/plaid'
import { sign } from 'webhook-target/testing'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { pinnedUrl } from '../../src/lib/pinned-url.ts'
import { rsaPair } from '../providers/keys.ts'
import { NOW, SAMPLE_URL } from '../providers/sample.ts'
import { anyText } from '../support/any-text.ts'

const { publicKey, privateKey } = rsaPair()
const TOPIC = 'arn:aws:sns:us-east-1:123456789012:orders'
const message = {
  Type: 'Notification',
  MessageId: 'm-1',
  TopicArn: TOPIC,
  Message: 'hello',
  Timestamp: '2023-11-14T22:13:19.000Z',
  SignatureVersion: '1',
  Signature: 'AAAA',
}
const post = (body: unknown, headers: Readonly<Record<string, string>> = {}) =>
  new Request(SAMPLE_URL, { method: 'POST', headers, body: JSON.stringify(body) })
/** A header field holds no more than this; what is left out is tried in the bodies. */
const inHeader = (text: string) => text.replace(/[^\x20-\x7e]/g, '').trim()

interface Caller {
  readonly name: string
  /** A URL of the sender, or what stands in for it. */
  readonly genuine: string
  readonly host: RegExp
  readonly create: (fetch: (url: string) => Promise<Response>) => object
  readonly ask: (named: string) => Request | Promise<Request>
}

const CALLERS: readonly Caller[] = [
  {
    name: 'aws-sns, the certificate',
    genuine: 'https://sns.us-east-1.amazonaws.com/SimpleNotificationService-0a.pem',
    host: /^sns\.[a-z]+-[a-z]+(-[a-z]+)?-\d\d?\.amazonaws\.com(\.cn)?$/,
    create: (fetch) => awsSns({ topicArns: [TOPIC], fetch }),
    ask: (SigningCertURL) => post({ ...message, SigningCertURL }),
  },
  {
    name: 'aws-sns, the subscription',
    genuine: `https://sns.us-east-1.amazonaws.com/?Action=ConfirmSubscription&TopicArn=${TOPIC}&Token=t-1`,
    host: /^sns\.[a-z]+-[a-z]+(-[a-z]+)?-\d\d?\.amazonaws\.com(\.cn)?$/,
    create: (fetch) => awsSns({ topicArns: [TOPIC], publicKey, fetch }),
    ask: (SubscribeURL) =>
      sign(
        awsSns({ topicArns: [TOPIC], publicKey }),
        {
          body: {
            ...message,
            Type: 'SubscriptionConfirmation',
            Token: 't-1',
            // A line end there can't be signed.
            SubscribeURL: SubscribeURL.replaceAll('\n', '\t'),
          },
        },
        { now: NOW * 1000, privateKey },
      ),
  },
  {
    name: 'paypal, the certificate',
    genuine: 'https://api.paypal.com/v1/notifications/certs/CERT-360caa42-fca2a594',
    host: /^api(-m)?\.paypal\.com$/,
    create: (fetch) => paypal({ webhookId: '3TR748995U920805P', fetch }),
    ask: (named) =>
      post(
        {},
        {
          'paypal-transmission-sig': 'AAAA',
          'paypal-transmission-id': 'one',
          'paypal-transmission-time': '2023-11-14T22:13:19Z',
          'paypal-auth-algo': 'SHA256withRSA',
          'paypal-cert-url': inHeader(named),
        },
      ),
  },
  {
    name: 'adobe-io, the path of the key',
    genuine: '/prod/keys/pub-key-9KbtNmQ2aB.pem',
    host: /^static\.adobeioevents\.com$/,
    create: (fetch) => adobeIo({ clientId: 'client', download: { fetch } }),
    ask: (named) =>
      post(
        { recipient_client_id: 'client' },
        {
          'x-adobe-digital-signature-1': btoa('a'.repeat(256)),
          'x-adobe-public-key1-path': inHeader(named),
        },
      ),
  },
  {
    name: 'plaid, the id of the key',
    genuine: '6c5516e1-92dc-479e-a8ff-5a51992e0001',
    host: /^production\.plaid\.com$/,
    create: (fetch) => plaid({ clientId: 'client', secret: 'secret', download: { fetch } }),
    ask(kid) {
      const [head, claims] = [
        { alg: 'ES256', kid },
        { iat: NOW, request_body_sha256: '' },
      ].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
      return post({}, { 'plaid-verification': `${head}.${claims}.${'A'.repeat(86)}` })
    },
  },
]

/** What comes between the parts of a URL to have it read in two ways. */
const TRICKS = [
  '@',
  ':',
  '/',
  '\\',
  '.',
  '?',
  '#',
  '%2e',
  '%2f',
  '%00',
  '\t',
  '\n',
  ' ',
  '。',
  '℀',
  'ß',
  '\u00ad',
  '..',
  '//',
  '/../',
  'user:pass@',
  ':443',
  ':8443',
  ':0443',
  'evil.example',
  '@evil.example',
  '.evil.example',
  '[::1]',
  '127.0.0.1',
  '0x7f.1',
  'http:',
  'file:',
  'xn--',
]

/** A genuine one with something put in somewhere, taken out, or in capitals. */
const nearly = (genuine: string): fc.Arbitrary<string> =>
  fc
    .tuple(fc.nat(genuine.length), fc.nat(4), fc.constantFrom(...TRICKS, 'X', ''))
    .map(([at, cut, put]) => genuine.slice(0, at) + put + genuine.slice(at + cut))

const named = (genuine: string) =>
  fc.oneof(
    { weight: 6, arbitrary: nearly(genuine) },
    { weight: 1, arbitrary: nearly(genuine).map((text) => text.toUpperCase()) },
    { weight: 1, arbitrary: nearly(genuine).chain(nearly) },
    { weight: 1, arbitrary: fc.webUrl({ withQueryParameters: true, withFragments: true }) },
    { weight: 1, arbitrary: anyText({ maxLength: 60 }) },
  )

describe.each(CALLERS)('$name', ({ genuine, host, create, ask }) => {
  async function callsFor(text: string): Promise<readonly string[]> {
    const calls: string[] = []
    const fetch = async (url: string) => {
      calls.push(url)
      return new Response('', { status: 404 })
    }
    const handler = createWebhookHandler({
      provider: create(fetch) as Provider,
      on: {},
      clock: () => NOW * 1000,
      telemetry: { onDelivery: ({ error }) => expect(error?.code).not.toBe('ERR_INTERNAL') },
    })
    const { status } = await handler(await ask(text))
    expect(status).toBeGreaterThanOrEqual(400)
    return calls
  }

  test('a genuine one is called', async () => {
    expect(await callsFor(genuine)).toHaveLength(1)
  })

  test('of all others, only those of the sender are', async () => {
    await fc.assert(
      fc.asyncProperty(named(genuine), async (text) => {
        for (const call of await callsFor(text)) {
          const url = new URL(call)
          expect(url.href).toBe(call)
          expect(url.protocol).toBe('https:')
          expect(url.host).toMatch(host)
          expect([url.port, url.username, url.password, url.hash]).toEqual(['', '', '', ''])
        }
      }),
      { numRuns: 300 },
    )
  })
})

test('what is taken for pinned is exactly that', () => {
  const pins = { hosts: ['keys.example.com', /[a-z]+\.example\.net|other\.example/], path: /\/\w+/ }
  const genuine = fc.constantFrom(
    'https://keys.example.com/one',
    'https://any.example.net/one',
    'https://other.example/one',
  )
  let taken = 0
  fc.assert(
    fc.property(genuine.chain(named), (text) => {
      const url = pinnedUrl(text, pins)
      if (url === undefined) return
      taken++
      expect(url).toBe(text)
      // By hand, so that no parser has a say in it.
      expect(text).toMatch(
        /^https:\/\/(keys\.example\.com|[a-z]+\.example\.net|other\.example)\/\w+$/,
      )
    }),
    {
      numRuns: 3000,
      examples: ['?', '#', '?#', '/', '.'].map((end) => [`https://keys.example.com/one${end}`]),
    },
  )
  expect(taken).toBeGreaterThan(5)
})
