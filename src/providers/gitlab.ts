import { configurationError } from '../errors.ts'
import { defineProvider, first, header, member, type ProviderFacts } from '../provider.ts'
import { anyOf } from '../schemes/any-of.ts'
import { sharedSecret } from '../schemes/shared-secret.ts'
import { signedMessageId, standardWebhooks } from '../schemes/standard-webhooks.ts'
import type { Provider, Scheme, SecretSource } from '../types.ts'

export type GitLabOptions = {
  /** The secret token or, in the mode `signing-token`, the signing token: one, several, or a function. */
  readonly secret: SecretSource | undefined
  /**
   * By what duplicates are known. With a secret token nothing is signed, so whoever knows it can choose
   * the `Idempotency-Key`; `content` goes by the body instead. Signed deliveries have a signed id, which
   * `content` leaves aside too.
   *
   * @default delivery
   */
  readonly identity?: 'delivery' | 'content'
  /** Seconds it waits, which is said by a third party. @default 10 */
  readonly deadlineSeconds?: number
} & (
  | {
      /** The secret comes along as it is, in `X-Gitlab-Token`. @default token */
      readonly mode?: 'token'
    }
  | {
      /** GitLab 19.0 and up signs with it, as Standard Webhooks describes. */
      readonly mode: 'signing-token'
      /**
       * The secret token of the time before, while GitLab is being switched over. Counts only for
       * deliveries without a signature: a wrong signature is never made good by a token beside it.
       */
      readonly legacyToken?: SecretSource | undefined
      /** Seconds to either side; `false` accepts any age. GitLab documents none. @default 300 */
      readonly toleranceSeconds?: number | false
    }
)

/** GitLab refuses signing tokens of any other length. */
const SIGNING_KEY_BYTES = 32

/**
 * GitLab: a secret token in `X-Gitlab-Token`, or a signing token. The type is `object_kind` (`push`,
 * `merge_request`), with `merge_request.open` for its actions. GitLab waits 10 s, does not deliver again
 * by itself, and switches a webhook off that fails four times in a row.
 *
 * @see https://docs.gitlab.com/user/project/integrations/webhooks/
 * @throws {TypeError} `ERR_SECRET_EMPTY`, `ERR_SECRET_MALFORMED` for a signing token that is not 32 bytes,
 * `ERR_OPTION_INVALID` for an unknown mode
 */
export function gitlab(options: GitLabOptions): Provider {
  const { identity = 'delivery', deadlineSeconds = 10 } = options
  const signs = options.mode === 'signing-token'
  return defineProvider({
    name: 'gitlab',
    verify: schemeOf(options),
    event: {
      type: first(member('object_kind'), member('event_name'), header('x-gitlab-event')),
      subtype: member('object_attributes.action'),
      ...(identity === 'delivery' && { id: signs ? SIGNED_ID : DELIVERY_ID }),
    },
    acknowledge: { deadlineSeconds, refusedStatus: 401, retries: false },
  })
}

const DELIVERY_ID = header('idempotency-key')
/** Of a signed delivery the id that is signed: `Idempotency-Key` repeats it, but anyone could change it. */
const SIGNED_ID = first(signedMessageId, DELIVERY_ID)

function schemeOf(options: GitLabOptions): Scheme {
  const token = (secret: SecretSource | undefined) =>
    sharedSecret({ header: 'x-gitlab-token', secret })
  if (options.mode === undefined || options.mode === 'token') return token(options.secret)
  if (options.mode !== 'signing-token') {
    throw configurationError('ERR_OPTION_INVALID', 'gitlab() takes mode "token" or "signing-token"')
  }

  const { secret, toleranceSeconds = 300 } = options
  const signature = standardWebhooks({ secret, toleranceSeconds, keyBytes: SIGNING_KEY_BYTES })
  return 'legacyToken' in options ? anyOf(signature, token(options.legacyToken)) : signature
}

export const facts: ProviderFacts = {
  title: 'GitLab',
  docs: [
    'https://docs.gitlab.com/user/project/integrations/webhooks/',
    'https://gitlab.com/gitlab-org/gitlab/-/merge_requests/231325',
  ],
  checked: '2026-07',
  delivered: ['2xx'],
  retriedOn: [],
  givenUpOn: ['else'],
  disables: '4 failures in a row pause it, for 1 min doubling to 24 h; 40 switch it off',
  doubts: [
    'The sources differ on which failures count towards switching it off',
    'The 10 s are from a third party: see `deadlineSeconds`',
    'No tolerance is documented: see `toleranceSeconds`',
    'Its code takes 3xx for delivered too, the documentation only 2xx',
  ],
}
