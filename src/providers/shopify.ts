import { startsWith } from '../lib/bytes.ts'
import { defineProvider, first, header, time, type ProviderFacts } from '../provider.ts'
import { hmac } from '../schemes/hmac.ts'
import type { Extractor, Provider, SecretSource } from '../types.ts'

export interface ShopifyOptions {
  /**
   * The client secret of the app: one, several while rotating, or a function of the request. For an hour
   * after a rotation the old one may sign. Webhooks made in the settings of a shop have another secret,
   * which is shown there.
   */
  readonly secret: SecretSource | undefined
  /**
   * By what duplicates are known. `delivery` is `X-Shopify-Webhook-Id`, `event` is `X-Shopify-Event-Id`,
   * which the deliveries of one event to several subscriptions share: Shopify's own pages name one or the
   * other. Neither is signed, so whoever got hold of a signed delivery can send it again under another id;
   * `content` goes by the signed body instead, and takes two equal updates for one.
   *
   * @default delivery
   */
  readonly identity?: 'delivery' | 'event' | 'content'
}

/**
 * Shopify: base64 HMAC-SHA256 in `X-Shopify-Hmac-Sha256`, or without the `X-` for the newer events. The
 * type is the topic, `orders/create`. Shopify waits 5 s and delivers again eight times in four hours; an
 * API subscription that fails eight times in a row is deleted.
 *
 * @see https://shopify.dev/docs/apps/build/webhooks/verify-deliveries
 * @throws {TypeError} `ERR_SECRET_EMPTY`
 */
export function shopify({ secret, identity = 'delivery' }: ShopifyOptions): Provider {
  const ids: Record<string, Extractor> = {
    delivery: first(named('webhook-id'), named('event-id')),
    event: first(named('event-id'), named('webhook-id')),
  }
  return defineProvider({
    name: 'shopify',
    verify: hmac({
      secret,
      header: ['x-shopify-hmac-sha256', 'shopify-hmac-sha256'],
      encoding: 'base64',
      // The same secret signs the cookies of Shopify's app libraries: those values are no webhook.
      accepts: ({ body }) => ['{', '[', '<'].some((opening) => startsWith(body, opening)),
    }),
    event: {
      type: named('topic'),
      subtype: header('shopify-action'),
      ...(identity !== 'content' && { id: ids[identity]! }),
      timestamp: time('iso', named('triggered-at')),
    },
    acknowledge: { deadlineSeconds: 5, refusedStatus: 401 },
  })
}

const named = (name: string) => first(header(`x-shopify-${name}`), header(`shopify-${name}`))

export const facts: ProviderFacts = {
  title: 'Shopify',
  docs: [
    'https://shopify.dev/docs/apps/build/webhooks/verify-deliveries',
    'https://shopify.dev/apps/build/webhooks/ignore-duplicates',
  ],
  checked: '2026-07',
  delivered: ['2xx'],
  retriedOn: ['else'],
  schedule: '8 times over 4 h',
  disables: '8 failures in a row delete a subscription made by the Admin API',
  doubts: [
    'One page goes by the event id for duplicates, another by the webhook id: see `identity`',
    'That redirects count as failures is inferred; nothing here goes by it',
  ],
}
