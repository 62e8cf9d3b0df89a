import { decodeUtf8 } from '../lib/bytes.ts'
import { defineProvider, member, time, type ProviderFacts } from '../provider.ts'
import { hmac } from '../schemes/hmac.ts'
import type { Extractable, Provider, SecretSource } from '../types.ts'

export interface ViberOptions {
  /** The authentication token of the bot, dashes included: one, several, or a function of the request. */
  readonly secret: SecretSource | undefined
  /** Seconds it waits, which is not documented. @default 10 */
  readonly deadlineSeconds?: number
}

/**
 * Viber bots: HMAC-SHA256 in `X-Viber-Content-Signature`. The type is `event`: `message`, `delivered` ... and
 * `webhook` for the call by which Viber checks the URL. `conversation_started` may be answered with a
 * welcome message, `reply({ ... })`. Ids are integers above 2^53, which `event.data` shows rounded and
 * `event.id` as sent.
 *
 * @see https://developers.viber.com/docs/api/rest-bot-api/
 * @throws {TypeError} `ERR_SECRET_EMPTY`
 */
export function viber({ secret, deadlineSeconds = 10 }: ViberOptions): Provider {
  return defineProvider({
    name: 'viber',
    verify: hmac({ secret, header: 'x-viber-content-signature' }),
    event: { type, id: idOf, timestamp: time('ms', member('timestamp')) },
    acknowledge: { deadlineSeconds },
  })
}

const type = member('event')
const user = member('user_id')
/** A member and not a text that looks like one: quotes inside a text are escaped. */
const MESSAGE_TOKEN = /[{,]\s*"message_token"\s*:\s*(\d{1,20})\b/

/** Of a message, its delivery to someone and that it was seen, all share the token. */
function idOf(event: Extractable): string | undefined {
  const [, token] = MESSAGE_TOKEN.exec(decodeUtf8(event.delivery.body)) ?? []
  return token && [type(event), token, user(event)].filter(Boolean).join(':')
}

export const facts: ProviderFacts = {
  title: 'Viber',
  docs: [
    'https://creators.viber.com/docs/bots-api/getting-started/web-hooks',
    'https://developers.viber.com/docs/api/rest-bot-api/',
  ],
  checked: '2026-07',
  delivered: [200],
  retriedOn: ['else'],
  doubts: ['Deadline and retries are not stated, 10 s is assumed: see `deadlineSeconds`'],
}
