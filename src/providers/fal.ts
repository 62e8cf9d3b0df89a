import type { Delivery } from '../delivery.ts'
import { configurationError } from '../errors.ts'
import { after } from '../lib/awaitable.ts'
import { crypto } from '../lib/crypto.ts'
import { createKeyDirectory, type DownloadSettings } from '../lib/key-directory.ts'
import { decode } from '../lib/bytes.ts'
import { publicKeyOfJwk } from '../lib/public-key.ts'
import { jwks, type Jwk } from '../lib/published-keys.ts'
import type { Fields } from '../lib/signed-content.ts'
import { withPublishedKeys } from '../lib/with-published-keys.ts'
import { defineProvider, header, member, time, type ProviderFacts } from '../provider.ts'
import { ed25519 } from '../schemes/ed25519.ts'
import type { Provider, Scheme, SecretValue } from '../types.ts'

export interface FalOptions {
  /**
   * The fal accounts that may report, by their user id. fal signs for all of its users with the same keys,
   * so anyone with an account can have results sent to your URL.
   *
   * @default any: compare `request_id` with the requests you have made
   */
  readonly userIds?: readonly string[]
  /** Seconds to either side; `false` accepts any age. @default 300, as fal says */
  readonly toleranceSeconds?: number | false
  /** How the keys are downloaded. */
  readonly download?: DownloadSettings
  /** Where fal publishes its keys. Older code takes them from another host. @default https://rest.fal.ai/.well-known/jwks.json */
  readonly keysUrl?: string
  /** Seconds it waits, which others quote from the documentation. @default 15 */
  readonly deadlineSeconds?: number
}

const KEYS_URL = 'https://rest.fal.ai/.well-known/jwks.json'
const USER_ID = 'x-fal-webhook-user-id'

/**
 * fal.ai: Ed25519 in `X-Fal-Webhook-Signature`, over ids, time and the hash of the body, with keys that are
 * downloaded. The type is the outcome of the request, `OK` or `ERROR`. fal waits 15 s.
 *
 * @see https://fal.ai/docs/documentation/model-apis/inference/webhooks
 * @throws {TypeError} `ERR_OPTION_INVALID`
 */
export function fal(options: FalOptions = {}): Provider {
  return defineProvider({
    name: 'fal',
    verify: signature(options),
    event: {
      type: member('status'),
      id: member('request_id'),
      timestamp: time('s', header('x-fal-webhook-timestamp')),
    },
    acknowledge: { deadlineSeconds: options.deadlineSeconds ?? 15 },
  })
}

function signature(options: FalOptions): Scheme {
  const { userIds, toleranceSeconds = 300, keysUrl = KEYS_URL, download } = options
  if (!URL.canParse(keysUrl) || !keysUrl.startsWith('https://')) {
    throw configurationError('ERR_OPTION_INVALID', 'fal() takes an https URL as keysUrl')
  }
  const { host, href } = new URL(keysUrl)
  const directory = createKeyDirectory<SecretValue>({
    ...download,
    urls: { hosts: [host], query: true },
    parse: jwks(['EdDSA', 'Ed25519'], readEd25519),
  })
  const scheme = withPublishedKeys({
    directory,
    query: () => ({ url: href }),
    create: (publicKey) =>
      ed25519({
        publicKey,
        header: 'x-fal-webhook-signature',
        id: 'x-fal-webhook-request-id',
        timestamp: { header: 'x-fal-webhook-timestamp', toleranceSeconds },
        content: contentOf,
        accepts: ({ headers }) => userIds?.includes(headers.get(USER_ID) ?? '') ?? true,
      }),
  })
  return { ...scheme, headers: [...scheme.headers, USER_ID] }
}

/** No header field holds a line end, so the parts can't run into each other. */
function contentOf(delivery: Delivery, { id, timestamp }: Fields) {
  const user = delivery.headers.get(USER_ID)
  if (!user) return []
  return after(crypto.hash('sha256', delivery.body, 'hex'), (digest) => [
    [[id, user, timestamp, digest].join('\n')],
  ])
}

function readEd25519(jwk: Jwk): SecretValue | undefined {
  const { type, jwk: key } = publicKeyOfJwk(jwk)
  return type === 'ed25519' ? decode(key.x!, 'base64url') : undefined
}

export const facts: ProviderFacts = {
  title: 'fal.ai',
  docs: ['https://fal.ai/docs/documentation/model-apis/inference/webhooks'],
  checked: '2026-07',
  delivered: ['2xx'],
  retriedOn: ['else'],
  retriedNote: 'as far as is known',
  schedule: '10 times in 2 h',
  doubts: [
    'The 15 s are quoted by others from the docs: see `deadlineSeconds`',
    'So are the retries; nothing here goes by them',
    'Older code has the keys at another host: see `keysUrl`',
  ],
}
