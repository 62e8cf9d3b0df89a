import { encodeUtf8 } from '../lib/bytes.ts'
import { FORM, mediaType, parseJson } from '../lib/payload.ts'
import { readMember } from '../lib/member.ts'
import { defineProvider, first, member, time, type ProviderFacts } from '../provider.ts'
import { formatTimestamp } from '../lib/freshness.ts'
import { payloadSignature, type SignChunks, type SignedPart } from '../schemes/payload-signature.ts'
import type { OutgoingMessage, Provider, SecretSource, SignOptions } from '../types.ts'

export interface MailgunOptions {
  /** The HTTP webhook signing key, not the API key: one, several while rotating, or a function. */
  readonly secret: SecretSource | undefined
  /**
   * By what duplicates are known. Mailgun signs a time and a token and nothing of the event, so whoever got
   * hold of one delivery can send anything with it; `token` takes a token only once. `event` goes by the
   * id of the event, which anyone could change, but knows an event that comes again with another token.
   *
   * @default token
   */
  readonly identity?: 'token' | 'event'
  /**
   * Seconds to either side; `false` accepts any age. Mailgun documents none and delivers again for 8 h.
   *
   * @default 32400
   */
  readonly toleranceSeconds?: number | false
  /** Seconds it waits, which is not documented. @default 10 */
  readonly deadlineSeconds?: number
}

/**
 * Mailgun: HMAC-SHA256 in the payload, over a time and a token alone: what happened is not signed. For
 * webhooks (JSON) and for routes (forms, with files). The type is `event`: `delivered`, `failed`, `opened`.
 * Only 200 counts as delivered.
 *
 * @see https://documentation.mailgun.com/docs/mailgun/user-manual/events/webhooks
 * @throws {TypeError} `ERR_SECRET_EMPTY`
 */
export function mailgun(options: MailgunOptions): Provider {
  const { secret, identity = 'token', toleranceSeconds = 9 * 3600, deadlineSeconds = 10 } = options
  return defineProvider({
    name: 'mailgun',
    verify: payloadSignature({
      secret,
      timestamp: { unit: 's', toleranceSeconds },
      parts: ({ payload }) => readPart(payload),
      write: writeSignature,
    }),
    event: {
      type: first(member('event-data.event'), member('event')),
      id:
        identity === 'token'
          ? first(member('signature.token'), member('token'))
          : first(member('event-data.id'), member('Message-Id')),
      timestamp: time('s', first(member('event-data.timestamp'), member('timestamp'))),
    },
    acknowledge: { deadlineSeconds },
  })
}

/** Of one length until 2286: the token follows without anything between them. */
const TIMESTAMP = /^\d{10}$/

function readPart(payload: unknown): readonly SignedPart[] {
  const inJson = readMember(payload, ['signature'])
  const fields = typeof inJson === 'object' ? inJson : payload
  const [timestamp, token, signature] = ['timestamp', 'token', 'signature'].map((name) => {
    const value = readMember(fields, [name])
    return typeof value === 'string' ? value : ''
  }) as [string, string, string]
  if (!signature) return []
  const readings = TIMESTAMP.test(timestamp) ? [[timestamp, token]] : []
  return [{ signatures: [signature], readings, timestamp }]
}

async function writeSignature(
  message: OutgoingMessage,
  sign: SignChunks,
  { now }: SignOptions,
): Promise<OutgoingMessage> {
  const timestamp = formatTimestamp(now, 's')
  const token = globalThis.crypto.randomUUID().replaceAll('-', '')
  const signature = { timestamp, token, signature: await sign([timestamp, token]) }
  const text = new TextDecoder().decode(message.body)
  const isForm = mediaType(message.headers['content-type'] ?? null) === FORM
  const body = isForm
    ? new URLSearchParams([...new URLSearchParams(text), ...Object.entries(signature)]).toString()
    : JSON.stringify({ signature, ...(parseJson(text) as object) })
  return { ...message, body: encodeUtf8(body) }
}

export const facts: ProviderFacts = {
  title: 'Mailgun',
  docs: [
    'https://documentation.mailgun.com/docs/mailgun/user-manual/events/webhooks',
    'https://help.mailgun.com/hc/en-us/articles/202236504-Webhooks',
  ],
  checked: '2026-07',
  delivered: [200],
  retriedOn: ['else'],
  givenUpOn: [406],
  schedule: '6 times in 8 h: after 5, 10 and 15 min, 1, 2 and 4 h',
  doubts: [
    'The help centre has other intervals: 10, 10, 15, 30 min, 1, 2, 4 h',
    'The deadline is not stated, 10 s are assumed: see `deadlineSeconds`',
    'No tolerance is documented: see `toleranceSeconds`',
    'Whether a retry comes with a new token is not said: see `identity`',
    'The `parent-signature` of subaccounts is not looked at',
  ],
}
