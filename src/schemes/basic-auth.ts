import { configurationError } from '../errors.ts'
import { decode, decodeUtf8, encode, encodeUtf8 } from '../lib/bytes.ts'
import { credentialScheme, withHeader } from '../lib/credential.ts'
import type { Scheme, SecretSource } from '../types.ts'

export interface BasicAuthOptions {
  readonly username: string
  /** The password: one, several while rotating, or a function of the request. */
  readonly secret: SecretSource | undefined
}

/**
 * User name and password in `Authorization: Basic` (RFC 7617), as senders send them that keep credentials
 * in the URL of a webhook.
 *
 * @throws {TypeError} `ERR_SECRET_EMPTY`, `ERR_OPTION_INVALID` for a user name with a colon
 */
export function basicAuth({ username, secret }: BasicAuthOptions): Scheme {
  if (typeof username !== 'string' || username.includes(':')) {
    throw configurationError('ERR_OPTION_INVALID', 'basicAuth() takes a username without a colon')
  }
  return credentialScheme({
    name: 'basic-auth',
    secret,
    place: 'Authorization header',
    headers: ['authorization'],
    inBody: false,
    toCredential: (password) => `${username}:${password}`,
    read: ({ headers }) => readCredentials(headers.get('authorization')),
    write: (message, credentials) =>
      withHeader(message, 'authorization', `Basic ${encode(encodeUtf8(credentials), 'base64')}`),
  })
}

function readCredentials(authorization: string | null): string | undefined {
  const [, token] = /^Basic +([\w+/]+={0,2})$/i.exec(authorization ?? '') ?? []
  const bytes = token === undefined ? undefined : decode(token, 'base64')
  try {
    return bytes && decodeUtf8(bytes)
  } catch {
    return undefined // not UTF-8
  }
}
