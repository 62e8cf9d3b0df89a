import type { Delivery } from '../delivery.ts'
import { configurationError, WebhookError } from '../errors.ts'
import { crc32 } from '../lib/crc32.ts'
import { checkFreshness } from '../lib/freshness.ts'
import { positive } from '../lib/options.ts'
import { defineProvider, header, member, time, type ProviderFacts } from '../provider.ts'
import { certificate, type CertificateSettings, type SignWithHash } from '../schemes/certificate.ts'
import type { OutgoingMessage, Provider, SignOptions } from '../types.ts'

export interface PayPalOptions extends CertificateSettings {
  /**
   * The id of the webhook, as PayPal shows it where the URL is entered. It is signed and never sent, so a
   * delivery for another endpoint does not pass. Several, if several webhooks lead to the same endpoint.
   */
  readonly webhookId: string | readonly string[] | undefined
  /**
   * From where certificates are taken. What the sandbox signs, anyone with a developer account can have
   * signed: it must not pass for live money.
   *
   * @default live
   */
  readonly environment?: 'live' | 'sandbox'
  /**
   * The names a certificate may have. PayPal documents none; these are what its Java package looks for.
   *
   * @default messageverificationcerts.paypal.com, or messageverificationcerts.sandbox.paypal.com
   */
  readonly certificateNames?: readonly string[] | false
  /**
   * By what duplicates are known. Only 32 bits of the body are signed, its CRC, and whoever got hold of a
   * signed delivery can make another body with the same one, with another `id` in it. `transmission` goes by
   * the id in the header, which is signed in full; whether retries repeat it is not documented.
   *
   * @default event
   */
  readonly identity?: 'event' | 'transmission'
  /**
   * Seconds to either side of the signed time; `false` accepts any age. PayPal retries for three days and
   * does not say whether it signs anew.
   *
   * @default false
   */
  readonly toleranceSeconds?: number | false
  /** Seconds it waits, which is not documented. @default 10 */
  readonly deadlineSeconds?: number
}

const HOSTS = {
  live: ['api.paypal.com', 'api-m.paypal.com'],
  sandbox: ['api.sandbox.paypal.com', 'api-m.sandbox.paypal.com'],
} as const
const NAMES = {
  live: ['messageverificationcerts.paypal.com'],
  sandbox: ['messageverificationcerts.sandbox.paypal.com'],
} as const
const CERTIFICATE_PATH = /\/v1\/notifications\/certs\/[\w-]{1,100}/

const SIGNATURE = 'paypal-transmission-sig'
const ID = 'paypal-transmission-id'
const TIME = 'paypal-transmission-time'
const ALGORITHM = 'paypal-auth-algo'
const CERTIFICATE_URL = 'paypal-cert-url'

/**
 * PayPal's REST webhooks: RSA-SHA256 with the key in a certificate from PayPal, over id and time of the
 * transmission, the id of the webhook and the CRC-32 of the body.
 *
 * A CRC is no hash: a body can be changed so that its CRC stays, if a signed delivery is known. Treat an
 * event as a hint, and ask PayPal's API for the object before money moves. What the simulator sends is
 * for no webhook of yours and is refused.
 *
 * The certificate is taken over TLS from a host of PayPal's API alone, at a path of its certificates; it has to be
 * valid now, for signatures, have one of `certificateNames`, and be signed by the issuers that come with it, if any
 * do. Without `roots` no authority has to have signed any of them, so that all rests on that host. Revocation is never
 * checked.
 *
 * @see https://developer.paypal.com/api/rest/webhooks/rest
 * @throws {TypeError} `ERR_OPTION_INVALID`, `ERR_SECRET_MALFORMED`
 */
export function paypal(options: PayPalOptions): Provider {
  const { environment = 'live', identity = 'event', toleranceSeconds = false } = options
  const { deadlineSeconds = 10 } = options
  const webhookIds = checkWebhookIds(options.webhookId)
  if (!Object.hasOwn(HOSTS, environment)) {
    throw configurationError('ERR_OPTION_INVALID', 'environment is live or sandbox')
  }
  if (toleranceSeconds !== false) positive('toleranceSeconds', toleranceSeconds, 0)

  return defineProvider({
    name: 'paypal',
    verify: certificate({
      ...options,
      certificateNames: options.certificateNames ?? NAMES[environment],
      urls: { hosts: HOSTS[environment], path: CERTIFICATE_PATH },
      // Not the URL of the certificate: with `publicKey` it proves nothing, and it is no secret.
      headers: [SIGNATURE, ID, TIME, ALGORITHM],
      evidence: ({ headers }) => ({
        url: headers.get(CERTIFICATE_URL) ?? undefined,
        signature: headers.get(SIGNATURE) ?? undefined,
        hash: headers.get(ALGORITHM) === 'SHA256withRSA' ? 'sha256' : undefined,
      }),
      admit: ({ headers, receivedAt }) =>
        checkFreshness(headers.get(TIME) ?? '', { unit: 'iso', now: receivedAt, toleranceSeconds }),
      content: (delivery) => webhookIds.map((webhookId) => contentFor(webhookId, delivery)),
      write: (message, sign, { now }) => write(message, webhookIds[0]!, sign, now),
    }),
    event: {
      type: member('event_type'),
      id: identity === 'event' ? member('id') : header(ID),
      timestamp: time('iso', member('create_time')),
    },
    acknowledge: { deadlineSeconds },
  })
}

function checkWebhookIds(webhookId: PayPalOptions['webhookId']): readonly string[] {
  const ids = webhookId === undefined ? [] : [webhookId].flat()
  if (ids.length > 0 && ids.every((id) => /^[A-Za-z0-9]+$/.test(id))) return ids
  throw configurationError(
    'ERR_OPTION_INVALID',
    'paypal() takes the webhookId that PayPal shows beside the URL; is its environment variable set?',
  )
}

function contentFor(webhookId: string, { headers, body }: Pick<Delivery, 'headers' | 'body'>) {
  const id = headers.get(ID) ?? ''
  // A bar in it would let one signature be read in two ways.
  if (!/^[\w-]{1,100}$/.test(id)) {
    throw new WebhookError('ERR_SIGNATURE_MALFORMED', 'The id of the transmission is not one')
  }
  return [`${id}|${headers.get(TIME)}|${webhookId}|${crc32(body)}`]
}

async function write(
  message: OutgoingMessage,
  webhookId: string,
  sign: SignWithHash,
  now: SignOptions['now'],
): Promise<OutgoingMessage> {
  const headers: Record<string, string> = {
    [ID]: `sent-${now}`,
    [TIME]: new Date(now).toISOString(),
    [ALGORITHM]: 'SHA256withRSA',
    ...message.headers,
  }
  const content = `${headers[ID]}|${headers[TIME]}|${webhookId}|${crc32(message.body)}`
  return { ...message, headers: { ...headers, [SIGNATURE]: await sign('sha256', [content]) } }
}

export const facts: ProviderFacts = {
  title: 'PayPal',
  docs: [
    'https://developer.paypal.com/api/rest/webhooks/rest',
    'https://developer.paypal.com/api/webhooks/v1/definitions/verify_webhook_signature',
  ],
  checked: '2026-11',
  delivered: ['2xx'],
  retriedOn: ['else'],
  schedule: 'Up to 25 times over 3 days',
  doubts: [
    'How long it waits is not documented, 10 s are assumed: see `deadlineSeconds`',
    'The name of its certificates is taken from its Java package: see `certificateNames`',
    'Whether retries are signed anew is not documented: see `toleranceSeconds` and `identity`',
    'Without `roots` no authority has to have signed the certificate: what is checked is that it comes over TLS from a host and path of PayPal, its time, its use and its name',
    'Revocation is never checked',
    'Its body is signed by a CRC-32 alone, which does not stop a change that is meant',
  ],
}
