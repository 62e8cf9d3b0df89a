import { WebhookError, messageOf } from '../errors.ts'
import { assertToken, echoReply } from '../lib/challenge-reply.ts'
import { defineProvider, type ProviderFacts } from '../provider.ts'
import { negotiatedHmac } from '../schemes/negotiated-hmac.ts'
import type { Awaitable, Challenge, Provider, ReplyParts, SecretSource } from '../types.ts'

/** What a hub asks to confirm. Anyone can ask. */
export interface SubscriptionRequest {
  readonly mode: 'subscribe' | 'unsubscribe'
  /** The URL of the feed. */
  readonly topic: string
  /** Seconds for which the hub will deliver; renew before. Absent when unsubscribing. */
  readonly leaseSeconds?: number | undefined
}

export interface WebSubOptions {
  /** The `hub.secret` you have given the hub: one, several while rotating, or a function of the request. */
  readonly secret: SecretSource | undefined
  /**
   * The subscriptions you have asked the hub for, and the ends of subscriptions: only these are confirmed. A
   * list holds as long as the process, so that the hub can renew; a function is asked each time.
   */
  readonly pending:
    | readonly Pick<SubscriptionRequest, 'mode' | 'topic'>[]
    | ((asked: SubscriptionRequest) => Awaitable<boolean>)
}

/**
 * WebSub (PubSubHubbub), as YouTube and many feeds use it: HMAC in `X-Hub-Signature` with SHA-1 or SHA-2,
 * whichever the hub names. Subscribe with a secret: without one nothing tells who delivers. `event.data` is the
 * feed: XML as text, JSON parsed. There is no id, so equal content is a duplicate.
 *
 * @see https://www.w3.org/TR/websub/
 * @throws {TypeError} `ERR_SECRET_EMPTY`
 */
export function websub({ secret, pending }: WebSubOptions): Provider {
  return defineProvider({
    name: 'websub',
    verify: negotiatedHmac({
      secret,
      header: 'x-hub-signature',
      algorithms: ['sha256', 'sha384', 'sha512', 'sha1'],
    }),
    challenges: [verificationOfIntent(pending)],
  })
}

const MODES: readonly unknown[] = ['subscribe', 'unsubscribe']
const UNKNOWN: ReplyParts = { status: 404, headers: {}, body: null }
const NOTED: ReplyParts = { status: 200, headers: {}, body: null }

/** @see https://www.w3.org/TR/websub/#hub-verifies-intent */
function verificationOfIntent(pending: WebSubOptions['pending']): Challenge {
  const isPending =
    typeof pending === 'function'
      ? pending
      : (asked: SubscriptionRequest) =>
          pending.some(({ mode, topic }) => mode === asked.mode && topic === asked.topic)
  return {
    name: 'websub',
    method: 'GET',
    signed: false,
    inBody: false,
    async answer({ query }) {
      const [mode, topic] = [query.get('hub.mode'), query.get('hub.topic')]
      if (mode === null || topic === null) return undefined
      // That a hub denies a subscription is only noted: anyone can say so.
      if (mode === 'denied') return NOTED
      if (!MODES.includes(mode)) return UNKNOWN
      const challenge = assertToken(query.get('hub.challenge'))
      const asked = {
        mode: mode as SubscriptionRequest['mode'],
        topic,
        leaseSeconds: leaseOf(query),
      }
      return (await decided(() => isPending(asked))) ? echoReply(challenge, ['text']) : UNKNOWN
    },
  }
}

function leaseOf(query: URLSearchParams): number | undefined {
  const text = query.get('hub.lease_seconds') ?? ''
  return /^\d{1,12}$/.test(text) ? Number(text) : undefined
}

/** What we can't decide is our fault, and worth another attempt. */
async function decided(ask: () => Awaitable<boolean>): Promise<boolean> {
  try {
    return await ask()
  } catch (cause) {
    const text = `Whether the subscription is pending could not be told: ${messageOf(cause)}`
    throw new WebhookError('ERR_SECRET_UNAVAILABLE', text, { cause })
  }
}

export const facts: ProviderFacts = {
  title: 'WebSub (YouTube, PubSubHubbub)',
  docs: [
    'https://www.w3.org/TR/websub/',
    'https://developers.google.com/youtube/v3/guides/push_notifications',
  ],
  checked: '2026-07',
  delivered: ['2xx'],
  retriedOn: 'unknown',
  retriedNote: 'it is for the hub to choose',
  stops: '410: the hub may end the subscription',
  doubts: [
    'The specification lets a subscriber answer 2xx to a wrong signature and ignore it: here it is refused',
    'YouTube is said to sign with SHA-1',
    'The specification names no deadline',
  ],
}
