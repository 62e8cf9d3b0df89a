import { configurationError, WebhookError } from '../errors.ts'
import { decode, decodeUtf8, encodeUtf8 } from '../lib/bytes.ts'
import { textReply } from '../lib/challenge-reply.ts'
import { crypto } from '../lib/crypto.ts'
import { readMember } from '../lib/member.ts'
import { defineProvider, time, type ProviderFacts } from '../provider.ts'
import { payloadSignature, type SignChunks, type SignedPart } from '../schemes/payload-signature.ts'
import type {
  Challenge,
  Extractor,
  OutgoingMessage,
  Provider,
  Scheme,
  SecretSource,
} from '../types.ts'

export interface BraintreeOptions {
  /** The private key of the API key: one, several while rotating, or a function of the request. */
  readonly secret: SecretSource | undefined
  /** The public key of the same API key, or that of each while rotating: the first answers the check of the URL. */
  readonly publicKey: string | readonly string[]
}

/**
 * Braintree: HMAC-SHA1 in the form field `bt_signature`, over `bt_payload`. `event.data` is the XML of the
 * notification as text, the type its `kind`: `subscription_charged_successfully`. There is no id, so equal
 * content is a duplicate.
 *
 * @see https://developer.paypal.com/braintree/docs/guides/webhooks/parse
 * @throws {TypeError} `ERR_SECRET_EMPTY`, `ERR_OPTION_INVALID` without a public key
 */
export function braintree({
  secret,
  publicKey,
}: BraintreeOptions): Provider<Record<string, string>> {
  const publicKeys = [publicKey].flat()
  if (publicKeys.length === 0 || !publicKeys.every(isPublicKey))
    throw configurationError(
      'ERR_OPTION_INVALID',
      'braintree() takes the public key of the API key',
    )
  const verify = payloadSignature({
    secret,
    algorithm: 'sha1',
    deriveKey: sha1,
    parts: ({ payload }) => readPart(payload, publicKeys),
    write: (message, sign) => writeForm(message, publicKeys[0]!, sign),
  })
  return defineProvider<Record<string, string>>({
    name: 'braintree',
    verify,
    challenges: [urlCheck(verify)],
    event: {
      items: (payload) => [toXml(payload)],
      type: element('kind'),
      timestamp: time('iso', element('timestamp')),
    },
    acknowledge: { deadlineSeconds: 30 },
  })
}

const isPublicKey = (key: unknown) => typeof key === 'string' && /^\w+$/.test(key)

async function sha1(secret: Uint8Array): Promise<Uint8Array> {
  return decode(await crypto.hash('sha1', secret, 'hex'), 'hex')!
}

/** What Braintree sends when it checks a URL. Nothing else is signed for whoever asks. */
const CHALLENGE = /^[a-f0-9]{20,32}$/
const BASE64_LINES = /^[A-Za-z0-9+/=\n]+$/

function readPart(payload: unknown, publicKeys: readonly string[]): readonly SignedPart[] {
  const signature = readMember(payload, ['bt_signature'])
  const content = readMember(payload, ['bt_payload'])
  if (signature === undefined && content === undefined) return []
  // The answer to a check of the URL must never pass for the signature of a notification.
  if (
    typeof content !== 'string' ||
    !BASE64_LINES.test(content) ||
    CHALLENGE.test(content.trim())
  ) {
    throw new WebhookError('ERR_SIGNATURE_MALFORMED', 'bt_payload is no base64 of a notification')
  }
  const signatures = typeof signature === 'string' ? signaturesOf(signature, publicKeys) : []
  // Braintree's own libraries take a payload with and without its last line end.
  return [{ signatures, readings: [[content], [`${content}\n`]] }]
}

/** Of the pairs `publicKey|signature`, one for each API key of the account, those of ours. */
function signaturesOf(text: string, publicKeys: readonly string[]): readonly string[] {
  return text.split('&', 100).flatMap((pair) => {
    const [key, signature, ...more] = pair.split('|')
    return publicKeys.includes(key!) && signature && more.length === 0 ? [signature] : []
  })
}

/** Signs with the scheme of the notifications, as the answer is made in the same way. */
function urlCheck(scheme: Scheme): Challenge {
  return {
    name: 'bt-challenge',
    method: 'GET',
    signed: false,
    inBody: false,
    async answer({ query, url }) {
      const asked = query.getAll('bt_challenge')
      if (asked.length === 0) return undefined
      if (asked.length > 1 || !CHALLENGE.test(asked[0]!)) {
        throw new WebhookError(
          'ERR_CHALLENGE_REFUSED',
          'bt_challenge is not as Braintree writes it',
        )
      }
      const form = encodeUtf8(new URLSearchParams({ bt_payload: asked[0]! }).toString())
      const message = { method: 'POST', url, headers: {}, body: form }
      const signed = await scheme.sign!(message, { now: 0 })
      return textReply(new URLSearchParams(decodeUtf8(signed.body)).get('bt_signature')!)
    },
  }
}

/** Signs what is in `bt_payload`; a body that is no such form is the notification itself. */
async function writeForm(
  message: OutgoingMessage,
  publicKey: string,
  sign: SignChunks,
): Promise<OutgoingMessage> {
  const text = decodeUtf8(message.body)
  const content = text.startsWith('<')
    ? `${btoa(String.fromCharCode(...message.body))}\n`
    : (new URLSearchParams(text).get('bt_payload') ?? '')
  const form = new URLSearchParams({
    bt_signature: `${publicKey}|${await sign([content])}`,
    bt_payload: content,
  })
  const headers = { ...message.headers, 'content-type': 'application/x-www-form-urlencoded' }
  return { ...message, headers, body: encodeUtf8(form.toString()) }
}

function toXml(payload: unknown): string {
  const content = readMember(payload, ['bt_payload'])
  const bytes =
    typeof content === 'string' ? decode(content.replaceAll('\n', ''), 'base64') : undefined
  const xml = bytes && new TextDecoder().decode(bytes)
  if (xml?.trimStart().startsWith('<')) return xml
  throw new WebhookError('ERR_BODY_MALFORMED', 'bt_payload is no base64 of XML')
}

/** The text of the first element of this name, which comes before the subject of the notification. */
function element(name: string): Extractor {
  const pattern = new RegExp(`<${name}(?:\\s[^>]*)?>([^<]+)</${name}>`)
  return ({ payload }) => (typeof payload === 'string' ? pattern.exec(payload)?.[1] : undefined)
}

export const facts: ProviderFacts = {
  title: 'Braintree',
  docs: ['https://developer.paypal.com/braintree/docs/guides/webhooks/parse'],
  checked: '2026-07',
  delivered: ['2xx'],
  retriedOn: ['else'],
  schedule: 'hourly for 24 h, in the sandbox for 3 h',
}
