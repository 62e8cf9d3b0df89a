import { ping } from '../challenges/ping.ts'
import { configurationError } from '../errors.ts'
import { arrivalId } from '../lib/arrival-id.ts'
import type { DownloadSettings } from '../lib/key-directory.ts'
import { tinkSignature } from '../lib/tink-signature.ts'
import { withCredential } from '../lib/with-credential.ts'
import { defineProvider, member, type ProviderFacts } from '../provider.ts'
import { sharedSecret } from '../schemes/shared-secret.ts'
import type { Provider, Scheme, SecretSource } from '../types.ts'

export interface GoogleHealthOptions {
  /**
   * The whole value of `Authorization`, as given to Google as `endpointAuthorization.secret`, `Bearer ` and
   * all: one, several while rotating, or a function of the request.
   */
  readonly secret: SecretSource | undefined
  /**
   * Which requests have to carry it: all of them, as the reference says, or the verification of the endpoint
   * alone. Users have reported notifications without it. Google signs for all of its users with the same
   * keys, so with `verification` a notification for somebody else can be sent to you: know your users by
   * `healthUserId`.
   *
   * @default always
   */
  readonly authorization?: 'always' | 'verification'
  /** How the keys are downloaded. */
  readonly download?: DownloadSettings
}

const KEYSET = 'https://www.gstatic.com/googlehealthapi/webhooks/webhooks_public_keyset.json'

/** Of whoever asks without the credential the answer is 401, which is the other half of the verification. */
const VERIFICATION = ping({
  member: 'type',
  is: 'verification',
  reply: { status: 201, headers: {}, body: null },
})

/**
 * Google Health API, the successor of the Fitbit Web API: ECDSA (P-256) in `X-HealthAPI-Signature`, as Tink
 * writes it, with keys that are downloaded, and a secret in `Authorization`. The endpoint is asked with that
 * secret and without, and has to tell them apart. The type is that of the data with the operation below it,
 * `steps.UPSERT`. Notices say only that something changed, so equal ones are not taken for duplicates.
 * Google wants 204.
 *
 * @see https://developers.google.com/health/webhooks
 * @throws {TypeError} `ERR_SECRET_EMPTY`, `ERR_OPTION_INVALID`
 */
export function googleHealth(options: GoogleHealthOptions): Provider {
  const { secret, authorization = 'always', download } = options
  const credential = sharedSecret({ header: 'authorization', secret })
  const signature = tinkSignature({ header: 'x-healthapi-signature', keyset: KEYSET, download })
  if (authorization !== 'always' && authorization !== 'verification') {
    throw configurationError(
      'ERR_OPTION_INVALID',
      'googleHealth() takes authorization "always" or "verification"',
    )
  }
  const verification = withCredential(VERIFICATION, credential)
  return defineProvider({
    name: 'google-health',
    verify: authorization === 'always' ? both(credential, signature) : signature,
    // Whether the question is signed is not said.
    challenges: [{ ...verification, signed: false }, verification],
    event: {
      items: (payload) => (Array.isArray(payload) ? (payload as readonly unknown[]) : [payload]),
      type: member('data.dataType'),
      subtype: member('data.operation'),
      id: arrivalId(),
    },
    acknowledge: { success: { status: 204 } },
  })
}

/** The signature tells events from questions: those have the credential too. */
function both(credential: Scheme, signature: Scheme): Scheme {
  return {
    name: `${credential.name}+${signature.name}`,
    headers: [...credential.headers, ...signature.headers],
    applies: (head) => signature.applies(head),
    async open(head) {
      const checkSignature = await signature.open(head)
      const checkCredential = await credential.open(head)
      return async (delivery) => {
        await checkSignature(delivery)
        return checkCredential(delivery)
      }
    },
    sign: async (message, options) =>
      signature.sign!(await credential.sign!(message, options), options),
  }
}

export const facts: ProviderFacts = {
  title: 'Google Health API',
  docs: [
    'https://developers.google.com/health/webhooks',
    'https://developers.google.com/health/reference/rest/v4/projects.subscribers',
  ],
  checked: '2026-07',
  delivered: [204],
  retriedOn: ['else'],
  retriedNote: 'for 7 days, as users say',
  doubts: [
    'Neither a deadline nor a schedule is published',
    'The verification is answered 201 as documented; 200 is seen to work too',
    'Whether `Authorization` comes with each notification: see `authorization`',
    'The address of the keyset is from code that is in use, not from the reference',
    'Lists of notifications are seen in code, and taken',
  ],
}
