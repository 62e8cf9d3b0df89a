import { defineProvider, first, header, member, time, type ProviderFacts } from '../provider.ts'
import { jwt } from '../schemes/jwt.ts'
import type { Provider, SecretSource } from '../types.ts'

export interface NetlifyOptions {
  /** The JWS secret token entered at the notification: one, several while rotating, or a function. */
  readonly secret: SecretSource | undefined
  /**
   * What names the kind of event. That `X-Netlify-Event` does is inferred, and it is not signed; `state` is that
   * of the deploy in the signed body.
   *
   * @default header, or `state` where there is none
   */
  readonly typeFrom?: 'header' | 'state'
}

/**
 * Netlify: a token (HS256) in `X-Webhook-Signature` with the SHA-256 of the body. It holds no time: whoever got
 * hold of a delivery can send it again. The type is `X-Netlify-Event`, `deploy_created`, which is not signed, or
 * the `state` of the deploy without it. A deploy reports several times under one id, so duplicates are known by
 * their content.
 *
 * @see https://docs.netlify.com/site-deploys/notifications
 * @throws {TypeError} `ERR_SECRET_EMPTY`
 */
export function netlify({ secret, typeFrom = 'header' }: NetlifyOptions): Provider {
  return defineProvider({
    name: 'netlify',
    verify: jwt({
      algorithms: ['HS256'],
      header: 'x-webhook-signature',
      secret,
      issuer: 'netlify',
      audience: false,
      requireExpiry: false,
      content: { claim: 'sha256' },
    }),
    event: {
      type: typeFrom === 'header' ? first(header('x-netlify-event'), stateOf) : stateOf,
      timestamp: time('iso', member('updated_at')),
    },
  })
}

const stateOf = member('state')

export const facts: ProviderFacts = {
  title: 'Netlify',
  docs: ['https://docs.netlify.com/site-deploys/notifications'],
  checked: '2026-07',
  delivered: ['2xx'],
  retriedOn: 'unknown',
  doubts: [
    'That `X-Netlify-Event` holds the type is inferred: see `typeFrom`',
    'Neither a deadline nor retries are documented',
  ],
}
