import { subscription, type SubscriptionConfirmation } from '../challenges/subscription.ts'
import type { Delivery } from '../delivery.ts'
import { configurationError, WebhookError } from '../errors.ts'
import { equalText } from '../lib/bytes.ts'
import { checkFreshness } from '../lib/freshness.ts'
import { withMember } from '../lib/json-body.ts'
import { readMember } from '../lib/member.ts'
import { positive } from '../lib/options.ts'
import type { PinnedUrls } from '../lib/pinned-url.ts'
import { defineProvider, member, time, type ProviderFacts } from '../provider.ts'
import {
  certificate,
  type CertificateHash,
  type CertificateSettings,
  type SignWithHash,
} from '../schemes/certificate.ts'
import type { OutgoingMessage, Provider, Scheme } from '../types.ts'

export interface AwsSnsOptions extends CertificateSettings, SubscriptionConfirmation {
  /**
   * The ARNs of the topics that may deliver. SNS signs for everyone alike, and anyone can subscribe your
   * URL to a topic of his own: this list is the authentication.
   */
  readonly topicArns: readonly string[]
  /**
   * The versions of the signature that are accepted: 1 is SHA-1, which new topics still begin with, 2 is
   * SHA-256 (`SignatureVersion` of the topic). Leave only 2 once all topics are set to it.
   *
   * @default ['1', '2']
   */
  readonly signatureVersions?: readonly ('1' | '2')[]
  /**
   * Seconds to either side of the signed time; `false` accepts any age. SNS repeats the time when it
   * delivers again, for an hour by default and longer from a queue.
   *
   * @default false
   */
  readonly toleranceSeconds?: number | false
  /** The names a certificate may have. @default ['sns.amazonaws.com'] */
  readonly certificateNames?: readonly string[] | false
}

/**
 * Regions have their own host, China another domain. No other name in the place of a region: the host
 * `sns.s3-us-west-2.amazonaws.com` is that of whoever has the bucket `sns`.
 */
const HOSTS = [/sns\.[a-z]{2,}(-[a-z]+)+-\d{1,2}\.amazonaws\.com(\.cn)?/]
const CERTIFICATES: PinnedUrls = {
  hosts: HOSTS,
  path: /\/SimpleNotificationService-[0-9a-zA-Z]{1,64}\.pem/,
}
const TOPIC_ARN = /^arn:aws[a-z-]*:sns:[a-z0-9-]+:\d{12}:[\w-]{1,256}(\.fifo)?$/
const HASHES: Readonly<Record<string, CertificateHash>> = { '1': 'sha1', '2': 'sha256' }

const NOTIFICATION = 'Notification'
const CONFIRMATION = 'SubscriptionConfirmation'
const NOTIFICATION_MEMBERS = ['Message', 'MessageId', 'Subject', 'Timestamp', 'TopicArn', 'Type']
const CONFIRMATION_MEMBERS = [
  'Message',
  'MessageId',
  'SubscribeURL',
  'Timestamp',
  'Token',
  'TopicArn',
  'Type',
]
/** The members that are signed, in the order of the signed text. */
const SIGNED: Readonly<Record<string, readonly string[]>> = {
  [NOTIFICATION]: NOTIFICATION_MEMBERS,
  [CONFIRMATION]: CONFIRMATION_MEMBERS,
  UnsubscribeConfirmation: CONFIRMATION_MEMBERS,
}

/**
 * Amazon SNS over HTTPS: RSA over the members of the JSON body, with the key in a certificate of Amazon.
 * The types are `Notification`, with your own message as text in `data.Message`, and
 * `UnsubscribeConfirmation`; a `SubscriptionConfirmation` for an allowed topic is confirmed without
 * getting to `on`. `MessageAttributes` and `UnsubscribeURL` are not signed: do not trust them. Leave raw
 * message delivery off, as it signs nothing. SNS waits 15 s, and does not deliver again after a 4xx.
 *
 * The certificate is taken over TLS from a host of SNS alone, at a path of its certificates; it has to be valid now,
 * for signatures, have the name `sns.amazonaws.com`, and be signed by the issuers that come with it, if any do.
 * Without `roots` no authority has to have signed any of them, so that all rests on that host. Revocation is never
 * checked.
 *
 * @see https://docs.aws.amazon.com/sns/latest/dg/sns-verify-signature-of-message.html
 * @throws {TypeError} `ERR_OPTION_INVALID`, `ERR_SECRET_MALFORMED`
 */
export function awsSns(options: AwsSnsOptions): Provider {
  const { topicArns, signatureVersions = ['1', '2'], toleranceSeconds = false } = options
  if (!topicArns?.length || !topicArns.every((arn) => TOPIC_ARN.test(arn))) {
    throw configurationError('ERR_OPTION_INVALID', 'topicArns lists the ARNs of the topics')
  }
  if (signatureVersions.length === 0 || signatureVersions.some((one) => !HASHES[one])) {
    throw configurationError('ERR_OPTION_INVALID', "signatureVersions holds '1', '2' or both")
  }
  if (toleranceSeconds !== false) positive('toleranceSeconds', toleranceSeconds, 0)
  const allows = (topic: unknown) => topicArns.includes(topic as string)

  function admit({ payload, receivedAt }: Delivery): void {
    if (!allows(readMember(payload, ['TopicArn']))) {
      throw new WebhookError(
        'ERR_TENANT_UNKNOWN',
        'The topic is not in topicArns; somebody may have subscribed this URL to a topic of his own',
      )
    }
    const text = readMember(payload, ['Timestamp'])
    checkFreshness(typeof text === 'string' ? text : '', {
      unit: 'iso',
      now: receivedAt,
      toleranceSeconds,
    })
  }

  return defineProvider({
    name: 'aws-sns',
    verify: withoutRaw(
      certificate({
        ...options,
        certificateNames: options.certificateNames ?? ['sns.amazonaws.com'],
        urls: CERTIFICATES,
        headers: [],
        evidence({ payload }) {
          const version = readMember(payload, ['SignatureVersion']) as '1'
          return {
            url: readMember(payload, ['SigningCertURL']),
            signature: readMember(payload, ['Signature']),
            hash: signatureVersions.includes(version) ? HASHES[version] : undefined,
          }
        },
        admit,
        content: ({ payload }) => [[signedText(payload)]],
        write: (message, sign) => write(message, sign, signatureVersions.at(-1)!),
      }),
    ),
    challenges: [
      subscription({
        ...options,
        member: 'Type',
        is: CONFIRMATION,
        topic: 'TopicArn',
        token: 'Token',
        url: 'SubscribeURL',
        allows,
        urls: { hosts: HOSTS, path: /\//, query: true },
        confirms: ({ searchParams: query }, { topic, token }) =>
          query.get('Action') === 'ConfirmSubscription' &&
          query.get('TopicArn') === topic &&
          equalText(query.get('Token') ?? '', token),
      }),
    ],
    event: {
      type: member('Type'),
      id: member('MessageId'),
      timestamp: time('iso', member('Timestamp')),
    },
    acknowledge: { deadlineSeconds: 15 },
  })
}

/**
 * The names and values that are signed, each on its line. Only `Message` may hold lines of its own: were
 * others let to, whoever may write a message could have it read as other members.
 */
function signedText(payload: unknown): string {
  const type = readMember(payload, ['Type'])
  const names = typeof type === 'string' && Object.hasOwn(SIGNED, type) ? SIGNED[type]! : []
  const lines = names.flatMap((name) => {
    const value = readMember(payload, [name])
    if (name === 'Subject' && (value === undefined || value === null)) return []
    if (typeof value === 'string' && (name === 'Message' || !value.includes('\n'))) {
      return [name, value]
    }
    throw new WebhookError('ERR_SIGNATURE_MALFORMED', `The signed member ${name} is not its text`)
  })
  if (lines.length > 0) return `${lines.join('\n')}\n`
  throw new WebhookError(
    'ERR_SIGNATURE_MALFORMED',
    'The message is of a type that SNS does not send',
  )
}

/** Says what is the matter with deliveries that are never signed, instead of what they lack. */
function withoutRaw(scheme: Scheme): Scheme {
  return {
    ...scheme,
    open(head) {
      if (head.headers.get('x-amz-sns-rawdelivery') !== 'true') return scheme.open(head)
      throw new WebhookError(
        'ERR_SIGNATURE_MISSING',
        'Raw message delivery is not signed: switch it off at the subscription',
      )
    },
  }
}

async function write(
  message: OutgoingMessage,
  sign: SignWithHash,
  version: '1' | '2',
): Promise<OutgoingMessage> {
  const text = new TextDecoder().decode(message.body)
  const versioned = withMember(message, ['SignatureVersion'], version)
  const signature = await sign(HASHES[version]!, [signedText(JSON.parse(text))])
  return withMember(versioned, ['Signature'], signature)
}

export const facts: ProviderFacts = {
  title: 'Amazon SNS',
  docs: [
    'https://docs.aws.amazon.com/sns/latest/dg/sns-verify-signature-of-message.html',
    'https://docs.aws.amazon.com/sns/latest/dg/SendMessageToHttp.prepare.html',
    'https://docs.aws.amazon.com/sns/latest/dg/sns-message-delivery-retries.html',
  ],
  checked: '2026-11',
  delivered: ['2xx', '3xx', '4xx'],
  deliveredNote: 'a 4xx ends the retries',
  retriedOn: ['5xx', 'timeout', 'unreachable'],
  schedule: '3 times, 20 s apart; a policy of the subscription may say up to 100 times in an hour',
  doubts: [
    "Amazon's validator for JavaScript leaves `Token` out of what an UnsubscribeConfirmation signs; the documentation and that for PHP do not, and are followed",
    'The form of the name of a certificate file is not documented',
    'Whether the certificate comes with its issuers is not documented: see `roots`',
    'Without `roots` no authority has to have signed the certificate: what is checked is that it comes over TLS from a host and path of SNS, its time, its use and its name',
    'Revocation is never checked',
  ],
}
