import { configurationError } from '../errors.ts'
import type { DownloadSettings } from '../lib/key-directory.ts'
import type { Scheme } from '../types.ts'
import { jwt } from './jwt.ts'

export interface GoogleOidcOptions {
  /**
   * The audience that the sender is set to, as entered there: any of them. Taken from the configuration and
   * never from the request, whose `Host` anyone can choose.
   */
  readonly audience: string | readonly string[]
  /**
   * The service account that the sender is set to: any of them. Any customer of Google can get a token for your
   * audience, with an account of his own.
   */
  readonly serviceAccountEmail: string | readonly string[]
  /** How Google's keys are downloaded. */
  readonly download?: DownloadSettings
}

const KEYS_URL = 'https://www.googleapis.com/oauth2/v3/certs'
/** Google writes it in both ways. */
const ISSUERS = ['https://accounts.google.com', 'accounts.google.com'] as const

/**
 * The identity tokens of Google's services: `Authorization: Bearer` with a token that Google has signed (OpenID
 * Connect, RS256) for one audience and one service account. It does not cover the body and is good for an hour,
 * as often as it is sent.
 *
 * @see https://developers.google.com/identity/openid-connect/openid-connect#validatinganidtoken
 * @throws {TypeError} `ERR_OPTION_INVALID` without an audience or without an account
 */
export function googleOidc(options: GoogleOidcOptions): Scheme {
  const { download } = options
  const audience = toTexts('audience', options.audience)
  const accounts = toTexts('serviceAccountEmail', options.serviceAccountEmail)
  return jwt({
    algorithms: ['RS256'],
    jwks: KEYS_URL,
    ...(download && { download }),
    issuer: ISSUERS,
    audience,
    claims: ({ email, email_verified: verified }) => {
      if (!accounts.includes(email as string)) return 'it is of another service account'
      return verified === true ? undefined : 'its email is not verified'
    },
    signedClaims: { email: accounts[0], email_verified: true },
  })
}

function toTexts(name: string, value: string | readonly string[]): readonly string[] {
  const list = typeof value === 'string' ? [value] : value
  const isList =
    Array.isArray(list) &&
    list.length > 0 &&
    list.every((one) => typeof one === 'string' && one !== '')
  if (isList) return list
  throw configurationError(
    'ERR_OPTION_INVALID',
    `${name} is what the sender is set to: a text or a list of texts`,
  )
}
