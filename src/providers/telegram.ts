import { readMember } from '../lib/member.ts'
import { defineProvider, member, type ProviderFacts } from '../provider.ts'
import { sharedSecret } from '../schemes/shared-secret.ts'
import type { Extractable, Provider, SecretSource } from '../types.ts'

export interface TelegramOptions {
  /** The `secret_token` given to `setWebhook`: one, several while rotating, or a function of the request. */
  readonly secret: SecretSource | undefined
  /** Seconds it waits, which is not documented. @default 10 */
  readonly deadlineSeconds?: number
}

/**
 * Telegram Bot API: a secret token in `X-Telegram-Bot-Api-Secret-Token`; the content is not signed. The type
 * is the kind of the update, `message` or `callback_query`. A `reply` may be a call of a method of the Bot
 * API, `{ method: 'sendMessage', ... }`. Updates of a bot wait for each other, so a slow effect holds them
 * all up.
 *
 * @see https://core.telegram.org/bots/api#setwebhook
 * @throws {TypeError} `ERR_SECRET_EMPTY`
 */
export function telegram({ secret, deadlineSeconds = 10 }: TelegramOptions): Provider {
  return defineProvider({
    name: 'telegram',
    verify: sharedSecret({ header: 'x-telegram-bot-api-secret-token', secret }),
    event: { type: kindOf, id: member('update_id'), timestamp: timeOf },
    acknowledge: { deadlineSeconds },
  })
}

/** An update holds its id and one member more, named after its kind. */
function kindOf({ payload }: Extractable): string | undefined {
  return Object.keys(payload as object).find((name) => name !== 'update_id')
}

/** Of the kinds that have a time. */
function timeOf(update: Extractable): number | undefined {
  const kind = kindOf(update)
  const seconds = kind === undefined ? undefined : readMember(update.payload, [kind, 'date'])
  return typeof seconds === 'number' ? seconds * 1000 : undefined
}

export const facts: ProviderFacts = {
  title: 'Telegram Bot API',
  docs: ['https://core.telegram.org/bots/api#setwebhook'],
  checked: '2026-07',
  delivered: ['2xx'],
  retriedOn: ['else'],
  schedule: 'A reasonable number of times, as Telegram says',
  doubts: ['The deadline is not stated, 10 s is assumed: see `deadlineSeconds`'],
}
