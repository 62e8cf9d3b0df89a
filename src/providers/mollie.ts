import { configurationError, WebhookError } from '../errors.ts'
import { arrivalId } from '../lib/arrival-id.ts'
import { readMember } from '../lib/member.ts'
import { defineProvider, member, time, type ProviderFacts } from '../provider.ts'
import { hmac } from '../schemes/hmac.ts'
import { unauthenticated } from '../schemes/unauthenticated.ts'
import type { EventDescription, Provider, Scheme, SecretSource } from '../types.ts'

export type MollieOptions = (
  | {
      /** Webhooks of a subscription, which are signed. @default next-gen */
      readonly mode?: 'next-gen'
      /** The secret of the subscription: one, several while rotating, or a function of the request. */
      readonly secret: SecretSource | undefined
    }
  | {
      /**
       * The `webhookUrl` of a payment, which brings an id and proves nothing: **anyone can call it, with
       * any id**. Take it for a hint to fetch the object from Mollie's API with your own key, trust only
       * what that says, and check that it belongs to one of your orders.
       */
      readonly mode: 'legacy'
    }
) & {
  /** Seconds it waits, which is inferred. @default 15 */
  readonly deadlineSeconds?: number
}

/**
 * Mollie: HMAC-SHA256 in `X-Mollie-Signature` for next-gen webhooks, whose type is `type`,
 * `payment-link.paid`. The older ones are not signed: see `mode`. Of those the type is the prefix of the
 * id, `tr` for payments; an id of another form than Mollie's is refused, as it ends up in the URL of an API;
 * and none counts as a duplicate, since every change of a payment sends the same id again.
 *
 * @see https://docs.mollie.com/reference/webhooks-new
 * @throws {TypeError} `ERR_SECRET_EMPTY`, `ERR_OPTION_INVALID` for an unknown mode
 */
export function mollie(options: MollieOptions): Provider {
  const { deadlineSeconds = 15 } = options
  const isLegacy = options.mode === 'legacy'
  return defineProvider({
    name: 'mollie',
    verify: schemeOf(options),
    event: isLegacy ? notice() : EVENT,
    acknowledge: { deadlineSeconds, refusedStatus: 401 },
  })
}

function schemeOf(options: MollieOptions): Scheme {
  if (options.mode === 'legacy') {
    return unauthenticated({
      reason: 'Mollie signs no legacy webhook; the payment is fetched by its id',
    })
  }
  if (options.mode !== undefined && options.mode !== 'next-gen') {
    throw configurationError('ERR_OPTION_INVALID', 'mollie() takes mode "next-gen" or "legacy"')
  }
  const { secret } = options
  return hmac({ secret, header: 'x-mollie-signature', prefix: 'sha256=', list: { separator: ',' } })
}

const EVENT: EventDescription = {
  type: member('type'),
  id: member('id'),
  timestamp: time('iso', member('createdAt')),
}

function notice(): EventDescription {
  return {
    items: (payload) => [withId(payload)],
    type: (from) => objectId(from)?.split('_')[0],
    id: arrivalId(),
  }
}

const objectId = member('id')

function withId(payload: unknown): unknown {
  const id = readMember(payload, ['id'])
  if (typeof id === 'string' && /^[a-z]{2,10}_[A-Za-z0-9]{1,64}$/.test(id)) return payload
  throw new WebhookError('ERR_BODY_MALFORMED', 'The form holds no id as Mollie writes them')
}

export const facts: ProviderFacts = {
  title: 'Mollie',
  docs: [
    'https://docs.mollie.com/reference/webhooks-new',
    'https://docs.mollie.com/reference/webhooks',
  ],
  checked: '2026-07',
  delivered: [200],
  retriedOn: ['else'],
  schedule: '10 times over 26 h',
  doubts: [
    'The 15 s are inferred: see `deadlineSeconds`',
    'The schedule is inferred; nothing here goes by it',
    'How signatures of two secrets share the header is not documented; a list with commas is taken',
  ],
}
