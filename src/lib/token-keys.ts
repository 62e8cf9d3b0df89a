/** Where the keys of tokens come from: a secret, public keys, or a URL where the sender publishes them. */
import type { Delivery } from '../delivery.ts'
import { configurationError } from '../errors.ts'
import type { Awaitable, SecretSource, SecretValue } from '../types.ts'
import { after } from './awaitable.ts'
import {
  isPublicAlgorithm,
  isSecretAlgorithm,
  jwkJwsKey,
  publicJwsKey,
  secretJwsKey,
  signJws,
  type Jws,
  type JwsAlgorithm,
  type JwsKey,
} from './jws.ts'
import { createKeyDirectory, type DownloadSettings, type KeyDirectory } from './key-directory.ts'
import { pinnedUrl } from './pinned-url.ts'
import { asSecrets, type Jwk, type PublicKeyValue } from './public-key.ts'
import { jwks } from './published-keys.ts'
import { keyring, secretBytes, type SecretForm } from './secrets.ts'

export type TokenKeyOptions =
  | {
      /** For `HS256`, `HS384` and `HS512`. One, several while rotating, or a function of the request. */
      readonly secret: SecretSource | undefined
      /** How the secret is written. @default UTF-8 text without a prefix */
      readonly secretForm?: SecretForm
    }
  | {
      /** For all other algorithms: PEM or JWK. One, several while rotating, or a function of the request. */
      readonly publicKey: SecretSource<PublicKeyValue> | undefined
    }
  | {
      /** Where the sender publishes its keys, an https URL: a JSON Web Key Set (RFC 7517, section 5). */
      readonly jwks: string
      /** How the keys are downloaded. */
      readonly download?: DownloadSettings
      /** What finds the keys in place of a download, for senders that publish them in another way. */
      readonly directory?: KeyDirectory<Jwk>
    }

export interface TokenKeys {
  /** False if another request may have other keys. */
  readonly fixed: boolean
  find(jws: Jws, head: Delivery): Awaitable<readonly JwsKey[]>
  sign(
    signed: string,
    algorithm: JwsAlgorithm,
    privateKey: SecretValue | undefined,
  ): Awaitable<string>
}

/** Keys tried for a token that names none. More than a sender has in use at a time. */
const MAX_TRIED = 20

/** @throws {TypeError} `ERR_SECRET_EMPTY`, `ERR_SECRET_MALFORMED`, `ERR_OPTION_INVALID` */
export function tokenKeys(
  options: TokenKeyOptions & { readonly algorithms: readonly JwsAlgorithm[] },
): TokenKeys {
  const { algorithms } = options
  const sources = ['secret', 'publicKey', 'jwks'].filter((name) => name in options)
  if (sources.length !== 1) throw invalid('one of secret, publicKey and jwks')
  const fits = 'secret' in options ? isSecretAlgorithm : isPublicAlgorithm
  if (!Array.isArray(algorithms) || algorithms.length === 0 || !algorithms.every(fits)) {
    throw invalid(`algorithms that go with ${sources[0]}, and at least one`)
  }
  if ('secret' in options) return secretKeys(options.secret, options.secretForm)
  return 'jwks' in options
    ? publishedKeys(options, algorithms)
    : publicKeys(options.publicKey, algorithms)
}

function secretKeys(secret: SecretSource | undefined, form: SecretForm | undefined): TokenKeys {
  const keys = keyring(secret, (value) => secretJwsKey(secretBytes(value, form)))
  return {
    fixed: typeof secret !== 'function',
    find: (_, head) => keys.find(head),
    sign: (signed, algorithm) => {
      if (isSecretAlgorithm(algorithm)) return keys.current().sign(signed, algorithm)
      throw invalid('algorithms that go with secret')
    },
  }
}

const signPublic: TokenKeys['sign'] = (signed, algorithm, privateKey) => {
  if (isPublicAlgorithm(algorithm)) return signJws(signed, algorithm, privateKey)
  throw invalid('algorithms that go with a public key')
}

function publicKeys(
  publicKey: SecretSource<PublicKeyValue> | undefined,
  algorithms: readonly JwsAlgorithm[],
): TokenKeys {
  const known = algorithms.filter(isPublicAlgorithm)
  const keys = keyring(asSecrets(publicKey), (value) => publicJwsKey(value, known))
  return {
    fixed: typeof publicKey !== 'function',
    find: (_, head) => keys.find(head),
    sign: signPublic,
  }
}

function publishedKeys(
  options: Extract<TokenKeyOptions, { readonly jwks: string }>,
  algorithms: readonly JwsAlgorithm[],
): TokenKeys {
  const { jwks: url, download } = options
  /** By the object that the directory hands out: it keeps handing out the same. */
  const prepared = new WeakMap<Jwk, JwsKey>()
  const prepare = (jwk: Jwk): JwsKey => {
    const key = prepared.get(jwk) ?? jwkJwsKey(jwk)
    prepared.set(jwk, key)
    return key
  }
  const directory =
    options.directory ??
    createKeyDirectory<Jwk>({
      ...download,
      urls: pinsOf(url),
      parse: jwks(algorithms, (jwk) => {
        prepare(jwk) // one that can't be used is skipped
        return jwk
      }),
    })
  return {
    fixed: true,
    find: (jws) =>
      after(directory.find({ url, kid: jws.kid }), (found) =>
        found
          .map(prepare)
          .filter((key) => key.fits(jws))
          .slice(0, MAX_TRIED),
      ),
    sign: signPublic,
  }
}

/** That very URL and no other. */
function pinsOf(text: string) {
  if (!URL.canParse(text)) throw invalid('the https URL of the keys as jwks')
  const { host, pathname, search } = new URL(text)
  const path = new RegExp(pathname.replace(/[$()*+.?[\\\]^{|}]/g, '\\$&'))
  const pins = { hosts: [host], path, query: search !== '' }
  if (pinnedUrl(text, pins) === undefined) throw invalid('the https URL of the keys as jwks')
  return pins
}

const invalid = (what: string) => configurationError('ERR_OPTION_INVALID', `jwt() takes ${what}`)
