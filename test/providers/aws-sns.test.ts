/** What is peculiar to Amazon SNS: topics, types, and who gets to confirm a subscription. */
import { readFileSync } from 'node:fs'
import { createWebhookHandler, type DeliveryReport } from 'webhook-target'
import { awsSns, type AwsSnsOptions } from 'webhook-target/providers/aws-sns'
import { sign } from 'webhook-target/testing'
import { describe, expect, test } from 'vitest'
import { NOW } from './deliver.ts'
import { rsaPair } from './keys.ts'

const { publicKey, privateKey } = rsaPair()
const CERTIFICATE = `${import.meta.dirname}/../fixtures/certificates/leaf.pem`
const TOPIC = 'arn:aws:sns:us-east-1:123456789012:orders'
const FOREIGN = 'arn:aws:sns:us-east-1:666666666666:orders'
const SUBSCRIBE = `https://sns.us-east-1.amazonaws.com/?Action=ConfirmSubscription&TopicArn=${TOPIC}&Token=t-1`

const notification = {
  Type: 'Notification',
  MessageId: 'm-1',
  TopicArn: TOPIC,
  Message: 'hello',
  Timestamp: '2023-11-14T22:13:19.000Z',
}
const confirmation = {
  ...notification,
  Type: 'SubscriptionConfirmation',
  Token: 't-1',
  SubscribeURL: SUBSCRIBE,
}

type Body = Readonly<Record<string, unknown>>

function setUp(options: Partial<AwsSnsOptions> = {}) {
  const fetched: string[] = []
  const provider = awsSns({
    topicArns: [TOPIC],
    publicKey,
    async fetch(url) {
      fetched.push(url)
      return new Response('<ConfirmSubscriptionResponse/>')
    },
    ...options,
  })
  const signed = (body: Body) => sign(provider, { body }, { now: NOW * 1000, privateKey })
  async function receive(request: Request) {
    const events: unknown[] = []
    const reports: DeliveryReport[] = []
    const handler = createWebhookHandler({
      provider,
      on: { '*': ({ type, id, data }) => void events.push({ type, id, data }) },
      clock: () => NOW * 1000,
      telemetry: { onDelivery: (report) => reports.push(report) },
    })
    const { status } = await handler(request)
    return { status, events, code: reports[0]?.error?.code }
  }
  const send = async (body: Body) => receive(await signed(body))
  /** What was signed, with other members than those. */
  async function forge(body: Body, changes: Body) {
    const original = (await (await signed(body)).json()) as Body
    return receive(
      new Request('https://hooks.example.com/', {
        method: 'POST',
        headers: { 'content-type': 'text/plain; charset=UTF-8' },
        body: JSON.stringify({ ...original, ...changes }),
      }),
    )
  }
  return { send, forge, receive, fetched }
}

describe('a message', () => {
  test.each([
    { name: 'with a subject', body: { ...notification, Subject: 'news' } },
    { name: 'with no subject', body: { ...notification, Subject: null } },
    { name: 'of several lines', body: { ...notification, Message: 'a\nMessageId\nb\n' } },
    { name: 'in other letters', body: { ...notification, Message: '\u{1f600} \\u00e9 é' } },
  ])('$name passes', async ({ body }) => {
    const { status, events } = await setUp().send(body)
    expect([status, events]).toMatchObject([200, [{ type: 'Notification', id: 'm-1' }]])
  })

  test.each<{ name: string; changes: Body }>([
    { name: 'another message', changes: { Message: 'hullo' } },
    { name: 'another id', changes: { MessageId: 'm-2' } },
    { name: 'another time', changes: { Timestamp: '2023-11-14T22:13:20.000Z' } },
    { name: 'another subject', changes: { Subject: 'olds' } },
    { name: 'no subject', changes: { Subject: undefined } },
    {
      name: 'another type',
      changes: { Type: 'UnsubscribeConfirmation', SubscribeURL: '', Token: '' },
    },
    { name: 'a type of nobody', changes: { Type: 'constructor' } },
    { name: 'a message that is no text', changes: { Message: { a: 1 } } },
    { name: 'another version', changes: { SignatureVersion: '1' } },
    { name: 'an unknown version', changes: { SignatureVersion: '3' } },
    { name: 'a version that is no text', changes: { SignatureVersion: 2 } },
    { name: 'an inherited version', changes: { SignatureVersion: 'constructor' } },
    { name: 'a list of signatures', changes: { Signature: ['a'] } },
  ])('with $name does not', async ({ changes }) => {
    const answer = await setUp().forge({ ...notification, Subject: 'news' }, changes)
    expect([answer.status, answer.events]).toEqual([401, []])
  })

  test('can not be cut into other members than those that were signed', async () => {
    const { send, forge } = setUp()
    // Whoever may publish chooses the message; with it he could choose the id and the subject.
    const chosen = { ...notification, Message: 'paid\nMessageId\nm-9\nSubject\nnews' }
    expect((await send(chosen)).status).toBe(200)
    const recut = {
      Message: 'paid',
      MessageId: 'm-9',
      Subject: 'news\nMessageId\nm-1',
    }
    expect(await forge(chosen, recut)).toMatchObject({ code: 'ERR_SIGNATURE_MALFORMED' })
  })

  test('of another topic is refused, however well it is signed', async () => {
    const answer = await setUp().send({ ...notification, TopicArn: FOREIGN })
    expect(answer).toMatchObject({ status: 401, code: 'ERR_TENANT_UNKNOWN', events: [] })
  })

  test('is refused past the tolerance, if there is one', async () => {
    const old = { ...notification, Timestamp: '2023-11-14T20:00:00.000Z' }
    expect((await setUp().send(old)).status).toBe(200)
    expect((await setUp({ toleranceSeconds: 3600 }).send(old)).code).toBe(
      'ERR_TIMESTAMP_OUTSIDE_TOLERANCE',
    )
  })

  test('in SHA-1 is refused where only SHA-256 is accepted', async () => {
    const sha1 = setUp({ signatureVersions: ['1'] })
    const sha256 = setUp({ signatureVersions: ['2'] })
    const request = await sign(
      awsSns({ topicArns: [TOPIC], publicKey, signatureVersions: ['1'] }),
      { body: notification },
      { now: NOW * 1000, privateKey },
    )
    expect((await sha1.receive(request.clone())).status).toBe(200)
    expect((await sha256.receive(request)).code).toBe('ERR_SIGNATURE_MALFORMED')
  })

  test('that is delivered raw is told apart', async () => {
    const { receive } = setUp()
    const answer = await receive(
      new Request('https://hooks.example.com/', {
        method: 'POST',
        headers: { 'x-amz-sns-rawdelivery': 'true' },
        body: 'hello',
      }),
    )
    expect(answer).toMatchObject({ status: 401, code: 'ERR_SIGNATURE_MISSING', events: [] })
  })
})

describe('a subscription', () => {
  test('to a topic of ours is confirmed', async () => {
    const { send, fetched } = setUp()
    expect(await send(confirmation)).toEqual({ status: 200, events: [], code: undefined })
    expect(fetched).toEqual([SUBSCRIBE])
  })

  test('is confirmed by a function', async () => {
    const asked: unknown[] = []
    const { send, fetched } = setUp({ confirm: (one) => void asked.push(one) })
    expect((await send(confirmation)).status).toBe(200)
    expect([asked, fetched]).toEqual([[{ topic: TOPIC, token: 't-1', url: SUBSCRIBE }], []])
  })

  test.each<{ name: string; options: Partial<AwsSnsOptions> }>([
    { name: 'a server error', options: { fetch: async () => new Response('', { status: 500 }) } },
    { name: 'a redirect', options: { fetch: async () => Response.redirect('https://a.example/') } },
    { name: 'a network error', options: { fetch: () => Promise.reject(new Error('down')) } },
    {
      name: 'no answer',
      options: { fetch: () => new Promise(() => undefined), confirmTimeoutMs: 10 },
    },
    { name: 'a throw', options: { confirm: () => Promise.reject(new Error('denied')) } },
  ])('that fails by $name is asked for again', async ({ options }) => {
    const answer = await setUp(options).send(confirmation)
    expect(answer).toEqual({ status: 503, events: [], code: 'ERR_SECRET_UNAVAILABLE' })
  })

  test.each<{ name: string; changes: Body; status: number }>([
    { name: 'to a foreign topic', changes: { TopicArn: FOREIGN }, status: 401 },
    {
      name: 'by a foreign host',
      changes: { SubscribeURL: SUBSCRIBE.replace('sns.', 'sqs.') },
      status: 403,
    },
    {
      name: 'by a host that looks alike',
      changes: { SubscribeURL: SUBSCRIBE.replace('.com/', '.com.evil.example/') },
      status: 403,
    },
    {
      name: 'in the clear',
      changes: { SubscribeURL: SUBSCRIBE.replace('https', 'http') },
      status: 403,
    },
    {
      name: 'that does something else',
      changes: { SubscribeURL: SUBSCRIBE.replace('ConfirmSubscription', 'DeleteTopic') },
      status: 403,
    },
    { name: 'for another token', changes: { Token: 't-2' }, status: 403 },
    {
      name: 'for another topic',
      changes: { SubscribeURL: SUBSCRIBE.replace(TOPIC, FOREIGN) },
      status: 403,
    },
    {
      name: 'without a token',
      changes: { Token: '', SubscribeURL: SUBSCRIBE.replace('Token=t-1', 'Token=') },
      status: 403,
    },
  ])('$name is not confirmed', async ({ changes, status }) => {
    const { send, fetched } = setUp()
    expect(await send({ ...confirmation, ...changes })).toMatchObject({ status, events: [] })
    expect(fetched).toEqual([])
  })

  test('is not confirmed if it is not signed', async () => {
    const { forge, fetched } = setUp()
    const changes = { SubscribeURL: `${SUBSCRIBE}&AuthenticateOnUnsubscribe=true` }
    expect((await forge(confirmation, changes)).status).toBe(401)
    expect(fetched).toEqual([])
  })

  test('that ends is an event, for its URL would begin it anew', async () => {
    const { send, fetched } = setUp()
    const { status, events } = await send({ ...confirmation, Type: 'UnsubscribeConfirmation' })
    expect([status, events]).toMatchObject([200, [{ type: 'UnsubscribeConfirmation' }]])
    expect(fetched).toEqual([])
  })
})

describe('certificates', () => {
  test.each([
    'https://sns.us-east-1.amazonaws.com/SimpleNotificationService-0a.pem',
    'https://sns.cn-north-1.amazonaws.com.cn/SimpleNotificationService-0a.pem',
    'https://sns.us-gov-west-1.amazonaws.com/SimpleNotificationService-0a.pem',
    'https://sns.ap-southeast-7.amazonaws.com/SimpleNotificationService-0a.pem',
  ])('come from %s', async (url) => {
    expect(await fetchedFor(url)).toEqual([url])
  })

  test.each([
    'http://sns.us-east-1.amazonaws.com/SimpleNotificationService-0a.pem',
    'https://sns.us-east-1.amazonaws.com/SimpleNotificationService-0a.pem?a',
    'https://sns.us-east-1.amazonaws.com/a/SimpleNotificationService-0a.pem',
    'https://sns.us-east-1.amazonaws.com/other.pem',
    'https://sns.us-east-1.amazonaws.com.evil.example/SimpleNotificationService-0a.pem',
    'https://sns.us-east-1.amazonaws.community/SimpleNotificationService-0a.pem',
    'https://xsns.us-east-1.amazonaws.com/SimpleNotificationService-0a.pem',
    'https://my-bucket.s3.amazonaws.com/SimpleNotificationService-0a.pem',
    'https://sns.evil.example.amazonaws.com/SimpleNotificationService-0a.pem',
    // A bucket of S3 called `sns`, which is somebody's.
    'https://sns.s3-us-west-2.amazonaws.com/SimpleNotificationService-0a.pem',
    'https://sns.s3-accelerate.amazonaws.com/SimpleNotificationService-0a.pem',
    'https://sns.s3-external-1.amazonaws.com/SimpleNotificationService-0a.pem',
    'https://sns.s3.amazonaws.com/SimpleNotificationService-0a.pem',
    'https://sns.us-east-1.amazonaws.com:444/SimpleNotificationService-0a.pem',
    'https://evil.example\\@sns.us-east-1.amazonaws.com/SimpleNotificationService-0a.pem',
  ])('do not come from %s', async (url) => {
    expect(await fetchedFor(url)).toEqual([])
  })

  test('have to be of SNS, also if the setting for their names is not there', async () => {
    const { forge } = setUp({
      publicKey: undefined,
      certificateNames: undefined,
      fetch: async () => new Response(readFileSync(CERTIFICATE)),
    } as object)
    const SigningCertURL = 'https://sns.us-east-1.amazonaws.com/SimpleNotificationService-0a.pem'
    expect((await forge(notification, { SigningCertURL })).code).toBe('ERR_CERTIFICATE_REFUSED')
  })

  async function fetchedFor(SigningCertURL: string): Promise<readonly string[]> {
    const { forge, fetched } = setUp({ publicKey: undefined } as object)
    await forge(notification, { SigningCertURL })
    return fetched
  }
})

test.each([[], ['orders'], [`${TOPIC} `], ['*']])(
  'a list of topics is needed: %j',
  (...topicArns) => {
    expect(() => awsSns({ topicArns })).toThrow(
      expect.objectContaining({ code: 'ERR_OPTION_INVALID' }),
    )
  },
)
