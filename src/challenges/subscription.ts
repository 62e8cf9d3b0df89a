import { messageOf, WebhookError } from '../errors.ts'
import { download, type Fetch } from '../lib/download.ts'
import { readMember } from '../lib/member.ts'
import { positive } from '../lib/options.ts'
import { pinnedUrl, type PinnedUrls } from '../lib/pinned-url.ts'
import type { Awaitable, Challenge, ReplyParts } from '../types.ts'

/** A subscription that its sender wants to be confirmed. */
export interface Subscription {
  readonly topic: string
  /** Confirms it when it is fetched, or when it is given to the sender's API. */
  readonly token: string
  /** An allowed URL that confirms when it is fetched. */
  readonly url: string
}

export interface SubscriptionConfirmation {
  /**
   * How a subscription to an allowed topic is confirmed: `fetch` calls the URL the sender names; a function
   * does it by other means (the sender's API), and the sender is asked to retry if it throws.
   *
   * @default fetch
   */
  readonly confirm?: 'fetch' | ((subscription: Subscription) => Awaitable<void>)
  /** Calls the URL, for proxies and tests. It must not follow redirects. @default globalThis.fetch */
  readonly fetch?: Fetch
  /** Milliseconds the call may take. @default 5000 */
  readonly confirmTimeoutMs?: number
}

export interface SubscriptionOptions extends SubscriptionConfirmation {
  /** The member that tells messages apart, and what it says of one that asks for a confirmation. */
  readonly member: string
  readonly is: string
  /** The members with the topic, the token and the URL. */
  readonly topic: string
  readonly token: string
  readonly url: string
  /** Whether a topic is one of ours: anyone can subscribe any URL to a topic of his own. */
  readonly allows: (topic: string) => boolean
  /** The only URLs that are ever called. */
  readonly urls: PinnedUrls
  /** Whether the URL confirms this subscription and does nothing else. */
  readonly confirms: (url: URL, subscription: Subscription) => boolean
}

/** What is read of the answer to a confirmation, which nobody looks at. */
const MAX_ANSWER_BYTES = 64 * 1024
const DONE: ReplyParts = { status: 200, headers: {}, body: null }

/**
 * A signed message by which a sender asks whether its subscription is wanted (Amazon SNS). It is answered
 * with success once the subscription is confirmed, and never for a topic that is not ours.
 */
export function subscription(options: SubscriptionOptions): Challenge {
  const { member, is, confirm = 'fetch', fetch } = options
  const timeoutMs = positive('confirmTimeoutMs', options.confirmTimeoutMs, 5000)

  async function confirmByFetch({ url }: Subscription): Promise<void> {
    const { status } = await download(url, { fetch, timeoutMs, maxBytes: MAX_ANSWER_BYTES })
    if (status < 200 || status > 299) throw new Error(`the answer has status ${status}`)
  }

  return {
    name: 'subscription',
    method: 'POST',
    signed: true,
    inBody: true,
    async answer({ payload }) {
      if (readMember(payload, [member]) !== is) return undefined
      const asked = readSubscription(payload, options)
      try {
        await (confirm === 'fetch' ? confirmByFetch(asked) : confirm(asked))
      } catch (cause) {
        const text = `The subscription could not be confirmed: ${messageOf(cause)}`
        throw new WebhookError('ERR_SECRET_UNAVAILABLE', text, { cause })
      }
      return DONE
    },
  }
}

/** @throws {WebhookError} `ERR_CHALLENGE_REFUSED` */
function readSubscription(payload: unknown, options: SubscriptionOptions): Subscription {
  const read = (name: string) => {
    const value = readMember(payload, [name])
    return typeof value === 'string' ? value : ''
  }
  const asked = { topic: read(options.topic), token: read(options.token), url: read(options.url) }
  const url = pinnedUrl(asked.url, options.urls)
  const isOurs =
    asked.token !== '' &&
    options.allows(asked.topic) &&
    url !== undefined &&
    options.confirms(new URL(url), asked)
  if (isOurs) return asked
  throw new WebhookError(
    'ERR_CHALLENGE_REFUSED',
    'A subscription to a topic that is not allowed, or by a URL that is none of the sender',
  )
}
