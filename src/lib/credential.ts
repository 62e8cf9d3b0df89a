/** What schemes have in common whose sender repeats a secret instead of signing. */
import type { Delivery } from '../delivery.ts'
import { WebhookError } from '../errors.ts'
import type {
  Awaitable,
  OutgoingMessage,
  Scheme,
  SecretSource,
  SecretValue,
  Verified,
} from '../types.ts'
import { equalText } from './bytes.ts'
import { keyring, secretDigest } from './secrets.ts'

export interface CredentialOptions {
  /** For logs: `shared-secret`. */
  readonly name: string
  readonly secret: SecretSource | undefined
  /** Where it stands, for error messages: `header x-token`. */
  readonly place: string
  readonly headers: readonly string[]
  /** Whether the secret is in the body, which then has to be read first. */
  readonly inBody: boolean
  read(delivery: Delivery): unknown
  write(message: OutgoingMessage, credential: string): OutgoingMessage
  /** What the sender sends for a secret. @default the secret itself */
  readonly toCredential?: (secret: string) => string
}

export function credentialScheme(options: CredentialOptions): Scheme {
  const { place, inBody, toCredential = (secret) => secret } = options
  const keys = keyring(options.secret, (secret) => comparable(toCredential(toText(secret))))

  async function check(delivery: Delivery): Promise<Verified> {
    const given = options.read(delivery)
    // Only text: a list or an object in its place must not be coerced into one.
    if (typeof given !== 'string' || given === '') {
      throw new WebhookError('ERR_CREDENTIAL_MISSING', `No secret in the ${place}`)
    }
    const known = await keys.find(delivery)
    const digest = await secretDigest(given)
    for (const [secret, key] of known.entries()) {
      if (equalText(digest, await key.digest())) return { secret }
    }
    throw new WebhookError('ERR_CREDENTIAL_MISMATCH', `The secret in the ${place} is another one`)
  }

  return {
    name: options.name,
    headers: options.headers,
    applies: (head) => (inBody ? head.method === 'POST' && 'in-body' : Boolean(options.read(head))),
    async open(head) {
      if (inBody) return check
      const verified = await check(head)
      return () => verified
    },
    sign: (message) => options.write(message, keys.current().text),
  }
}

const toText = (secret: SecretValue) =>
  typeof secret === 'string' ? secret : new TextDecoder().decode(secret)

function comparable(text: string) {
  let digest: Awaitable<string> | undefined
  return { text, digest: () => (digest ??= secretDigest(text)) }
}

export function withHeader(message: OutgoingMessage, name: string, value: string): OutgoingMessage {
  return { ...message, headers: { ...message.headers, [name]: value } }
}
