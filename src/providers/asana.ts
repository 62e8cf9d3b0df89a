import { secretExchange, type Registration } from '../challenges/secret-exchange.ts'
import { listOf } from '../lib/list-of.ts'
import { defineProvider, member, time, type ProviderFacts } from '../provider.ts'
import { hmac } from '../schemes/hmac.ts'
import type { Provider, SecretSource } from '../types.ts'

export interface AsanaOptions {
  /**
   * The secret that the handshake brought: one, several while rotating, or a function of the request. Each
   * webhook has a secret of its own, so let its URL say which one it is.
   */
  readonly secret: SecretSource | undefined
  /** Takes the handshake that comes while a webhook is created. Without it there is none. */
  readonly registration?: Registration
}

/**
 * Asana: HMAC-SHA256 in `X-Hook-Signature`, with a secret that Asana makes up and sends once, while your
 * call that creates the webhook is still open. A delivery brings several events: the type is that of the
 * resource, with the action below it, `task.added`. Without an answer of 2xx for 24 h Asana deletes the
 * webhook, so the empty deliveries that come every 8 h are answered too.
 *
 * @see https://developers.asana.com/docs/webhooks-guide
 * @throws {TypeError} `ERR_SECRET_EMPTY`; before the first handshake, `secret` is a function
 */
export function asana({ secret, registration }: AsanaOptions): Provider {
  return defineProvider({
    name: 'asana',
    verify: hmac({ secret, header: 'x-hook-signature' }),
    challenges: registration ? [secretExchange({ header: 'x-hook-secret', ...registration })] : [],
    event: {
      items: listOf('events'),
      type: member('resource.resource_type'),
      subtype: member('action'),
      timestamp: time('iso', member('created_at')),
    },
    acknowledge: { deadlineSeconds: 10 },
  })
}

export const facts: ProviderFacts = {
  title: 'Asana',
  docs: ['https://developers.asana.com/docs/webhooks-guide'],
  checked: '2026-07',
  delivered: [200, 204],
  retriedOn: ['else'],
  schedule: 'exponentially for up to 24 h',
  disables: '24 h without a delivery that succeeds: the webhook is deleted',
  doubts: [
    "Asana's own sample replaces the stored secret at any handshake, which lets anybody take the endpoint over: here only while a registration is pending",
  ],
}
