import { configurationError } from '../errors.ts'
import { defineProvider, first, header, member, type ProviderFacts } from '../provider.ts'
import { hmac } from '../schemes/hmac.ts'
import { sharedSecret } from '../schemes/shared-secret.ts'
import type { Provider, Scheme, SecretSource } from '../types.ts'

export type BuildkiteOptions = {
  /** The token of the notification service: one, several while rotating, or a function of the request. */
  readonly secret: SecretSource | undefined
} & (
  | {
      /** The token comes along as it is, in `X-Buildkite-Token`. @default token */
      readonly mode?: 'token'
    }
  | {
      /** The token signs, once the service is set to send a signature; a token then counts for nothing. */
      readonly mode: 'signature'
      /** Seconds to either side; `false` accepts any age. @default 300, the value of Buildkite's example */
      readonly toleranceSeconds?: number | false
    }
)

/**
 * Buildkite: a token in `X-Buildkite-Token`, or HMAC-SHA256 with its time in `X-Buildkite-Signature`. Which
 * of the two is for `mode` to say, as whoever sends could choose the weaker one. The type is `event`,
 * `build.finished`. There is no id: duplicates are known by the body.
 *
 * @see https://buildkite.com/docs/apis/webhooks/pipelines
 * @throws {TypeError} `ERR_SECRET_EMPTY`, `ERR_OPTION_INVALID` for an unknown mode
 */
export function buildkite(options: BuildkiteOptions): Provider {
  return defineProvider({
    name: 'buildkite',
    verify: schemeOf(options),
    event: { type: first(member('event'), header('x-buildkite-event')) },
    acknowledge: { refusedStatus: 401 },
  })
}

function schemeOf(options: BuildkiteOptions): Scheme {
  const { secret, mode = 'token' } = options
  if (mode === 'token') return sharedSecret({ header: 'x-buildkite-token', secret })
  if (options.mode !== 'signature') {
    throw configurationError('ERR_OPTION_INVALID', 'buildkite() takes mode "token" or "signature"')
  }
  const { toleranceSeconds = 300 } = options
  return hmac({
    secret,
    header: 'x-buildkite-signature',
    list: { separator: ',', signature: 'signature', timestamp: 'timestamp' },
    content: '{timestamp}.{body}',
    timestamp: { toleranceSeconds },
  })
}

export const facts: ProviderFacts = {
  title: 'Buildkite',
  docs: ['https://buildkite.com/docs/apis/webhooks/pipelines'],
  checked: '2026-07',
  delivered: ['2xx'],
  retriedOn: 'unknown',
  doubts: [
    'No deadline and no retries were found',
    'The payload may show a later state than the one that sent it',
  ],
}
