/** What the sources leave open: the default, and what the option makes of it. */
import type { Provider } from 'webhook-target'
import { adobeIo } from 'webhook-target/providers/adobe-io'
import { adobeSign } from 'webhook-target/providers/adobe-sign'
import { adyen } from 'webhook-target/providers/adyen'
import { anthropic } from 'webhook-target/providers/anthropic'
import { auth0 } from 'webhook-target/providers/auth0'
import { azureEventGrid } from 'webhook-target/providers/azure-event-grid'
import { brevo } from 'webhook-target/providers/brevo'
import { coinbaseCommerce } from 'webhook-target/providers/coinbase-commerce'
import { contentful } from 'webhook-target/providers/contentful'
import { dockerHub } from 'webhook-target/providers/docker-hub'
import { docusign } from 'webhook-target/providers/docusign'
import { fal } from 'webhook-target/providers/fal'
import { fitbit } from 'webhook-target/providers/fitbit'
import { gitlab } from 'webhook-target/providers/gitlab'
import { googleChat } from 'webhook-target/providers/google-chat'
import { intercom } from 'webhook-target/providers/intercom'
import { jira } from 'webhook-target/providers/jira'
import { lemonsqueezy } from 'webhook-target/providers/lemonsqueezy'
import { mailchimp } from 'webhook-target/providers/mailchimp'
import { mailgun } from 'webhook-target/providers/mailgun'
import { mandrill } from 'webhook-target/providers/mandrill'
import { mollie } from 'webhook-target/providers/mollie'
import { monday } from 'webhook-target/providers/monday'
import { netlify } from 'webhook-target/providers/netlify'
import { notion } from 'webhook-target/providers/notion'
import { paypal } from 'webhook-target/providers/paypal'
import { postmark } from 'webhook-target/providers/postmark'
import { quickbooks } from 'webhook-target/providers/quickbooks'
import { resend } from 'webhook-target/providers/resend'
import { sendgrid } from 'webhook-target/providers/sendgrid'
import { slack } from 'webhook-target/providers/slack'
import { square } from 'webhook-target/providers/square'
import { telegram } from 'webhook-target/providers/telegram'
import { trello } from 'webhook-target/providers/trello'
import { twitch } from 'webhook-target/providers/twitch'
import { vercel } from 'webhook-target/providers/vercel'
import { viber } from 'webhook-target/providers/viber'
import { x } from 'webhook-target/providers/x'
import { zendesk } from 'webhook-target/providers/zendesk'
import { describe, expect, test } from 'vitest'
import { deliver, receive, signed, type Seen } from './deliver.ts'
import { p256Pair } from './keys.ts'
import { SECRET, WHSEC } from './sample.ts'

const secret = SECRET
const { publicKey } = p256Pair()

type Deadline = { readonly deadlineSeconds?: number }

test.each<[seconds: number, name: string, create: (options: Deadline) => object]>([
  [10, 'coinbase-commerce', (options) => coinbaseCommerce({ secret, ...options })],
  [30, 'contentful', (options) => contentful({ secret, ...options })],
  [100, 'docusign', (options) => docusign({ secret, ...options })],
  [15, 'fal', (options) => fal(options)],
  [5, 'fitbit', (options) => fitbit({ secret, verificationCode: secret, ...options })],
  [10, 'gitlab', (options) => gitlab({ secret, ...options })],
  [10, 'lemonsqueezy', (options) => lemonsqueezy({ secret, ...options })],
  [10, 'mailchimp', (options) => mailchimp({ secret, ...options })],
  [10, 'mailgun', (options) => mailgun({ secret, ...options })],
  [15, 'mollie', (options) => mollie({ secret, ...options })],
  [15, 'mollie, legacy', (options) => mollie({ mode: 'legacy', ...options })],
  [10, 'monday', (options) => monday({ secret, url: 'https://example.com/', ...options })],
  [10, 'notion', (options) => notion({ secret, ...options })],
  [10, 'paypal', (options) => paypal({ webhookId: 'W1', ...options })],
  [3, 'quickbooks', (options) => quickbooks({ secret, ...options })],
  [15, 'resend', (options) => resend({ secret: WHSEC, ...options })],
  [10, 'sendgrid', (options) => sendgrid({ publicKey, ...options })],
  [10, 'telegram', (options) => telegram({ secret, ...options })],
  [10, 'trello', (options) => trello({ secret, ...options })],
  [5, 'twitch', (options) => twitch({ secret, ...options })],
  [30, 'vercel', (options) => vercel({ secret, ...options })],
  [10, 'viber', (options) => viber({ secret, ...options })],
  [10, 'zendesk', (options) => zendesk({ secret, ...options })],
])('%i s for %s, or as it is told', (seconds, _, create) => {
  const deadlineOf = (provider: object) => (provider as Provider).acknowledge?.deadlineSeconds
  expect(deadlineOf(create({}))).toBe(seconds)
  expect(deadlineOf(create({ deadlineSeconds: 7 }))).toBe(7)
})

describe('attempts are counted from', () => {
  const count = (provider: object, headers: Record<string, string>, body: object = {}) =>
    attemptOf(provider, { headers, body: { type: 'a', ...body } })

  test.each<[name: string, byDefault: number, told: () => Promise<number[]>]>([
    [
      'docusign',
      3,
      () =>
        both((options) =>
          count(docusign({ secret, ...options }), {}, { event: 'a', retryCount: 2 }),
        ),
    ],
    [
      'square',
      3,
      () =>
        both((options) => count(square({ secret, ...options }), { 'square-retry-number': '2' })),
    ],
    [
      'jira',
      3,
      () =>
        both((options) =>
          count(jira({ secret, ...options }), { 'x-atlassian-webhook-retry': '2' }),
        ),
    ],
    [
      'azure-event-grid',
      3,
      () =>
        both((options) =>
          count(azureEventGrid({ secret, ...options }), { 'aeg-delivery-count': '2' }),
        ),
    ],
    [
      'intercom',
      2,
      () =>
        both((options) => count(intercom({ secret, ...options }), {}, { delivery_attempts: 2 })),
    ],
    [
      'notion',
      2,
      () => both((options) => count(notion({ secret, ...options }), {}, { attempt_number: 2 })),
    ],
  ])('0 or 1: %s', async (_, byDefault, told) => {
    expect(await told()).toEqual([byDefault, 3, 2])
  })

  type First = { readonly firstAttempt?: 0 | 1 }
  const both = (attempt: (options: First) => Promise<number>) =>
    Promise.all([attempt({}), attempt({ firstAttempt: 0 }), attempt({ firstAttempt: 1 })])
})

async function first(provider: object, message: Parameters<typeof deliver>[1]): Promise<Seen> {
  const { code, events } = await deliver(provider as Provider, message)
  expect(code).toBeUndefined()
  return events[0]!
}
const attemptOf = async (...given: Parameters<typeof first>) => (await first(...given)).attempt
const idOf = async (...given: Parameters<typeof first>) => (await first(...given)).id

describe('what duplicates are known by', () => {
  const form = { 'content-type': 'application/x-www-form-urlencoded' }
  const envelope = {
    event: 'e',
    generatedDateTime: '2026-01-01T00:00:00Z',
    data: { envelopeId: 'v' },
  }
  const mandrillEvents = `mandrill_events=${JSON.stringify([{ event: 'open', _id: 'm', ts: 1 }])}`
  const url = 'https://example.com/in'

  test.each<[string, object, Parameters<typeof deliver>[1], string | undefined]>([
    ['docusign', docusign({ secret }), { body: envelope }, 'v:e:2026-01-01T00:00:00Z'],
    ['docusign, event', docusign({ secret, identity: 'event' }), { body: envelope }, 'v:e'],
    ['monday', monday({ secret, url }), { url, body: { event: { triggerUuid: 't' } } }, 't'],
    [
      'monday, content',
      monday({ secret, url, identity: 'content' }),
      { url, body: { event: { triggerUuid: 't' } } },
      undefined,
    ],
    ['slack', slack({ secret }), { headers: form, body: 'command=/a&trigger_id=t' }, 't'],
    [
      'slack, content',
      slack({ secret, identity: 'content' }),
      { headers: form, body: 'command=/a&trigger_id=t' },
      undefined,
    ],
    ['slack, an event', slack({ secret, identity: 'content' }), { body: { event_id: 'e' } }, 'e'],
    [
      'anthropic',
      anthropic({ secret: WHSEC }),
      { headers: { 'webhook-id': 'm' }, body: { id: 'e' } },
      'e',
    ],
    [
      'anthropic, delivery',
      anthropic({ secret: WHSEC, identity: 'delivery' }),
      { headers: { 'webhook-id': 'm' }, body: { id: 'e' } },
      'm',
    ],
    ['adobe-sign', adobeSign({ clientId: 'c' }), { body: { webhookNotificationId: 'n' } }, 'n'],
    [
      'adobe-sign, content',
      adobeSign({ clientId: 'c', identity: 'content' }),
      { body: { webhookNotificationId: 'n' } },
      undefined,
    ],
    ['mandrill', mandrill({ secret }), { headers: form, body: mandrillEvents }, 'open:m:1:'],
    [
      'mandrill, content',
      mandrill({ secret, identity: 'content' }),
      { headers: form, body: mandrillEvents },
      undefined,
    ],
    [
      'postmark',
      postmark({ header: 'x-key', secret }),
      { body: { RecordType: 'Open' } },
      undefined,
    ],
    [
      'postmark, arrival',
      postmark({ header: 'x-key', secret, identity: 'arrival' }),
      { body: { RecordType: 'Open' } },
      expect.stringMatching(/^[\da-f-]{36}$/) as string,
    ],
  ])('%s', async (_, provider, message, expected) => {
    expect(await idOf(provider, message)).toEqual(expected)
  })

  test('google-chat', () => {
    const audience = 'https://example.com/'
    expect(googleChat({ audience }).event).toHaveProperty('id')
    expect(googleChat({ audience, identity: 'content' }).event).not.toHaveProperty('id')
  })
})

describe('others', () => {
  test('a sender may deliver again of which that is not known', () => {
    const audience = 'https://example.com/'
    const retries = ({ acknowledge }: Pick<Provider, 'acknowledge'>) => acknowledge?.retries
    expect([x({ secret }), dockerHub({ secret }), googleChat({ audience })].map(retries)).toEqual([
      false,
      false,
      false,
    ])
    const redelivery = true
    expect(
      [
        x({ secret, redelivery }),
        dockerHub({ secret, redelivery }),
        googleChat({ audience, redelivery }),
      ].map(retries),
    ).toEqual([true, true, true])
  })

  test('the answer of Fitbit to a wrong signature', () => {
    const refused = (options: { readonly refusedStatus?: number }) =>
      fitbit({ secret, verificationCode: secret, ...options }).acknowledge?.refusedStatus
    expect([refused({}), refused({ refusedStatus: 401 })]).toEqual([404, 401])
  })

  test('the header of Adyen for Platforms', async () => {
    const given = { secret: 'ab'.repeat(32), mode: 'platform' } as const
    const named = adyen({ ...given, signatureHeader: 'X-Signature' })
    const request = await signed(named, { body: { type: 'a' } })
    expect(request.headers.has('x-signature')).toBe(true)
    expect(await receive(named, request.clone())).toMatchObject({ events: [{ type: 'a' }] })
    expect(await receive(adyen(given), request)).toMatchObject({ code: 'ERR_SIGNATURE_MISSING' })
  })

  test('the clock of Mailchimp', async () => {
    const at = (utcOffsetMinutes?: number) =>
      first(mailchimp({ secret, ...(utcOffsetMinutes !== undefined && { utcOffsetMinutes }) }), {
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
        body: 'type=subscribe&fired_at=2026-01-02 03:04:05',
      })
    expect((await at()).timestamp).toBe(Date.parse('2026-01-02T03:04:05Z'))
    expect((await at(-300)).timestamp).toBe(Date.parse('2026-01-02T08:04:05Z'))
  })

  test('the type of Netlify', async () => {
    const message = { headers: { 'x-netlify-event': 'deploy_created' }, body: { state: 'ready' } }
    expect((await first(netlify({ secret }), message)).type).toBe('deploy_created')
    expect((await first(netlify({ secret, typeFrom: 'state' }), message)).type).toBe('ready')
  })

  test.each([
    [
      'brevo',
      (splitLists: boolean) => brevo({ header: 'x-key', secret, splitLists }),
      [{ event: 'a' }, { event: 'b' }],
    ],
    [
      'auth0',
      (splitLogs: boolean) => auth0({ secret, splitLogs }),
      { logs: [{ type: 'a' }, { type: 'b' }] },
    ],
  ])('lists of %s', async (_, create, body) => {
    expect((await deliver(create(true), { body })).events).toHaveLength(2)
    expect((await deliver(create(false), { body })).events).toMatchObject([{ data: body }])
  })

  test('a list of Adobe', () => {
    const itemsOf = (splitLists: boolean) =>
      adobeIo({ clientId: 'c', splitLists }).event!.items!([{ a: 1 }, { a: 2 }])
    expect([itemsOf(true), itemsOf(false)]).toEqual([[{ a: 1 }, { a: 2 }], [[{ a: 1 }, { a: 2 }]]])
  })

  test.each([
    [
      'fal',
      (asked: string[]) =>
        fal({ keysUrl: 'https://keys.example.com/jwks', download: { fetch: watch(asked) } }),
      'https://keys.example.com/jwks',
    ],
    [
      'adobe-io',
      (asked: string[]) =>
        adobeIo({ clientId: 'c', keyHost: 'adobeioevents.com', download: { fetch: watch(asked) } }),
      'https://adobeioevents.com/prod/keys/pub-key-1.pem',
    ],
  ])('where the keys of %s are', async (_, create, url) => {
    const asked: string[] = []
    const request = new Request('https://example.com/in', {
      method: 'POST',
      headers: {
        'x-fal-webhook-request-id': 'r',
        'x-fal-webhook-user-id': 'u',
        'x-fal-webhook-timestamp': '1700000000',
        'x-fal-webhook-signature': '00'.repeat(64),
        'x-adobe-digital-signature-1': Buffer.alloc(256).toString('base64'),
        'x-adobe-public-key1-path': '/prod/keys/pub-key-1.pem',
      },
      body: '{"recipient_client_id":"c"}',
    })
    await receive(create(asked), request)
    expect(asked).toEqual([url])
  })
  const watch = (asked: string[]) => async (url: string) => {
    asked.push(url)
    return new Response(null, { status: 500 })
  }

  test.each([
    () => fal({ keysUrl: 'http://keys.example.com/' }),
    () => fal({ keysUrl: 'keys' }),
    () => adobeIo({ clientId: 'c', keyHost: 'example.com/' }),
    () => adobeIo({ clientId: 'c', keyHost: 'a@example.com' }),
    () => adobeIo({ clientId: 'c', keyHost: '' }),
  ])('%s is refused', (create) => {
    expect(create).toThrow(expect.objectContaining({ code: 'ERR_OPTION_INVALID' }))
  })
})
