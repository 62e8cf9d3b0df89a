import type { Delivery } from '../delivery.ts'
import { messageOf, WebhookError } from '../errors.ts'
import { assertToken, echoReply } from '../lib/challenge-reply.ts'
import { readMember } from '../lib/member.ts'
import type { Awaitable, Challenge, ReplyParts, UntrustedHint } from '../types.ts'

/** What a sender needs that brings its secret itself, in a handshake which nothing proves. */
export interface Registration {
  /**
   * Whether a registration that you began waits for its handshake. Anyone can send a handshake, so one
   * that is not waited for is refused: it would put a secret of the attacker's choice in the place of
   * yours. `true` takes one handshake and no other; a function is asked at each one.
   */
  readonly pending: boolean | ((hint: UntrustedHint) => Awaitable<boolean>)
  /**
   * Stores the secret. The sender is answered once this has resolved, and asked to try again if it
   * rejects. Let it end the pending state in the same step, and reject if that has ended already: two
   * handshakes may come at the same time.
   */
  readonly save: (secret: string, hint: UntrustedHint) => Awaitable<void>
}

export type SecretExchangeOptions = Registration &
  (
    | {
        /** The header field of a POST that holds the secret. The answer repeats it. */
        readonly header: string
      }
    | {
        /** The member of the JSON body that holds the secret. The answer is empty. */
        readonly member: string
      }
  )

/** Longer bodies are no handshake, and are not parsed before they are verified. */
const MAX_BODY_BYTES = 16 * 1024
const DONE: ReplyParts = { status: 200, headers: {}, body: null }

/**
 * A handshake that brings the secret itself (Asana, Notion). It is taken only while a registration is
 * pending, and answered only once the secret is stored.
 */
export function secretExchange(options: SecretExchangeOptions): Challenge {
  const { pending, save } = options
  const inBody = 'member' in options
  const claim = typeof pending === 'function' ? asking(pending) : once(pending)

  return {
    name: 'secret-exchange',
    method: 'POST',
    signed: false,
    inBody,
    async answer(delivery) {
      const found = inBody
        ? readBody(delivery, options.member)
        : (delivery.headers.get(options.header.toLowerCase()) ?? undefined)
      if (found === undefined) return undefined
      const secret = assertToken(found)
      const { params, headers, url, body } = delivery
      const hint: UntrustedHint = { params, headers, url, body }
      if (!(await decided(() => claim.take(hint)))) {
        throw new WebhookError(
          'ERR_CHALLENGE_REFUSED',
          'A handshake brings a secret, but no registration is pending',
        )
      }
      try {
        await decided(() => save(secret, hint))
      } catch (error) {
        claim.release()
        throw error
      }
      return inBody ? DONE : echoReply(secret, [{ header: options.header }])
    },
  }
}

function readBody(delivery: Delivery, member: string): unknown {
  if (delivery.body.length > MAX_BODY_BYTES) return undefined
  return readMember(delivery.payload, member.split('.'))
}

interface Claim {
  take(hint: UntrustedHint): Awaitable<boolean>
  /** After a failure to store. */
  release(): void
}

const asking = (pending: Claim['take']): Claim => ({ take: pending, release() {} })

function once(pending: boolean): Claim {
  let open = pending
  return {
    take() {
      const taken = open
      open = false
      return taken
    },
    release() {
      open = true
    },
  }
}

/** What we can't decide or store is our fault, and worth another attempt. */
async function decided<Value>(ask: () => Awaitable<Value>): Promise<Value> {
  try {
    return await ask()
  } catch (cause) {
    const text = `The handshake could not be taken: ${messageOf(cause)}`
    throw new WebhookError('ERR_SECRET_UNAVAILABLE', text, { cause })
  }
}
