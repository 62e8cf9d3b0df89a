import { echo } from '../challenges/echo.ts'
import { listOf } from '../lib/list-of.ts'
import { defineProvider, member, time, type ProviderFacts } from '../provider.ts'
import { sharedSecret } from '../schemes/shared-secret.ts'
import type { Provider, SecretSource } from '../types.ts'

export interface OktaOptions {
  /** The value of the authentication field: one, several while rotating, or a function of the request. */
  readonly secret: SecretSource | undefined
  /** The name of the authentication field. @default authorization */
  readonly header?: string
}

/**
 * Okta event hooks: a secret in a header of your choice, and no signature. A delivery brings several
 * events, `user.session.start` and the like. Okta waits 3 s, and a delivery that is answered 4xx is lost:
 * it never comes again.
 *
 * The one GET that verifies the URL is answered without the secret, as Okta does not say that it comes
 * along.
 *
 * @see https://developer.okta.com/docs/concepts/event-hooks/
 * @throws {TypeError} `ERR_SECRET_EMPTY`
 */
export function okta({ secret, header = 'authorization' }: OktaOptions): Provider {
  return defineProvider({
    name: 'okta',
    verify: sharedSecret({ header, secret }),
    challenges: [
      echo({
        header: 'x-okta-verification-challenge',
        as: { member: 'verification' },
        form: 'phrase',
      }),
    ],
    event: {
      items: listOf('data.events'),
      type: member('eventType'),
      id: member('uuid'),
      timestamp: time('iso', member('published')),
    },
    acknowledge: { deadlineSeconds: 3, success: { status: 204 } },
  })
}

export const facts: ProviderFacts = {
  title: 'Okta event hooks',
  docs: ['https://developer.okta.com/docs/concepts/event-hooks/'],
  checked: '2026-07',
  delivered: [200, 204],
  deliveredNote: 'with an empty body',
  retriedOn: ['5xx', 'timeout', 'unreachable'],
  givenUpOn: ['4xx'],
  schedule: 'once',
  doubts: [
    'Whether the secret comes along with the verification is not stated: it is not asked for',
  ],
}
