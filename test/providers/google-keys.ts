/** Google's keys and tokens, in place of Google. */
import { createPublicKey, sign } from 'node:crypto'
import { keyEndpoint } from './key-endpoint.ts'
import { rsaPair, type PemPair } from './keys.ts'
import { NOW } from './sample.ts'

export const GOOGLE_KEYS = 'https://www.googleapis.com/oauth2/v3/certs'
export const CHAT_KEYS =
  'https://www.googleapis.com/service_accounts/v1/jwk/chat@system.gserviceaccount.com'

export const AUDIENCE = 'https://hooks.example.com/in'
export const ACCOUNT = 'push@my-project.iam.gserviceaccount.com'

export const googlePair = rsaPair()
export const strangerPair = rsaPair()

export const toGoogleJwks = ({ publicKey }: PemPair) => ({
  keys: [createPublicKey(publicKey).export({ format: 'jwk' })],
})

export const publishing = (pair: PemPair, url = GOOGLE_KEYS) => ({
  fetch: keyEndpoint({ [url]: toGoogleJwks(pair) }),
})

/** What a provider of Google is set to in tests, and the same with keys of somebody else. */
export const google = {
  audience: AUDIENCE,
  serviceAccountEmail: ACCOUNT,
  download: publishing(googlePair),
}
export const stranger = { ...google, download: publishing(strangerPair) }

export const CLAIMS = {
  iss: 'https://accounts.google.com',
  aud: AUDIENCE,
  email: ACCOUNT,
  email_verified: true,
  iat: NOW - 600,
  exp: NOW + 3000,
}

export function bearer(claims: object, { privateKey }: PemPair = googlePair): string {
  const signed = [{ alg: 'RS256', typ: 'JWT' }, claims]
    .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
    .join('.')
  const signature = sign('sha256', Buffer.from(signed), privateKey).toString('base64url')
  return `Bearer ${signed}.${signature}`
}

/** The options that a vector configures; it holds the issuers too, which are no option. */
export function fromVector({ jwks, issuers, ...options }: Readonly<Record<string, never>>) {
  const known = ['https://accounts.google.com', 'accounts.google.com']
  if (JSON.stringify(issuers) !== JSON.stringify(known)) throw new Error('Other issuers')
  const { audience, serviceAccountEmail } = options as Readonly<Record<string, string>>
  return {
    audience: audience!,
    serviceAccountEmail: serviceAccountEmail!,
    download: { fetch: keyEndpoint({ [GOOGLE_KEYS]: jwks }) },
  }
}
export const VECTOR_KEYS = ['jwks', 'issuers', 'audience', 'serviceAccountEmail']
