import { outgoingDelivery, type Delivery } from '../delivery.ts'
import { WebhookError } from '../errors.ts'
import { after, isPromise } from '../lib/awaitable.ts'
import { encode, encodeUtf8, equalText, type TextEncoding } from '../lib/bytes.ts'
import { crypto, type HashAlgorithm } from '../lib/crypto.ts'
import {
  headerReader,
  parseJws,
  parseObject,
  type Jws,
  type JwsAlgorithm,
  type JwsKey,
} from '../lib/jws.ts'
import { claimRules, refused, type ClaimOptions, type Claims } from '../lib/token-claims.ts'
import { tokenKeys, type TokenKeyOptions } from '../lib/token-keys.ts'
import type {
  Awaitable,
  OutgoingMessage,
  Scheme,
  SignOptions,
  Verified,
  VerifyBody,
} from '../types.ts'

export type { Claims }

export interface JwtBaseOptions extends ClaimOptions {
  /** The `alg` that tokens may have; `sign` uses the first. Each has to fit the key. */
  readonly algorithms: readonly [JwsAlgorithm, ...JwsAlgorithm[]]
  /** The header field with the token. @default authorization */
  readonly header?: string
  /**
   * Whether `Bearer` stands before the token.
   *
   * @default true in `authorization`, false in other fields
   */
  readonly bearer?: boolean | 'optional'
  /**
   * The claim with a hash of the body, for senders that have one. Without it the token tells who sends, and
   * anybody who gets hold of it can send another body.
   */
  readonly content?: TokenContent
  /** The id of the key that `sign` names in its tokens. */
  readonly kid?: string
  /** What `sign` puts into its tokens besides what the other options ask for. */
  readonly signedClaims?: Claims
}

export interface TokenContent {
  readonly claim: string
  /** @default sha256 */
  readonly algorithm?: HashAlgorithm
  /** @default hex, in lower case */
  readonly encoding?: TextEncoding
}

export type JwtOptions = JwtBaseOptions & TokenKeyOptions

/** A token that was verified. */
interface Known {
  /** The whole value of the header. */
  readonly value: string
  readonly claims: Claims
  readonly verified: Verified
  /** Milliseconds since 1970 after which its signature is checked again. */
  readonly until: number
}

/** Tokens remembered at least, and twice as many at most. A sender uses a few of them, for minutes or an hour. */
const KNOWN_TOKENS = 250
/** As long as downloaded keys are used: a key that is withdrawn is not trusted for longer than that. */
const KNOWN_MS = 3_600_000
/**
 * Characters at the end of a token by which it is looked up: 252 bits of its signature, which nobody guesses.
 * Hashing a whole token takes more time than all the rest.
 */
const TAIL = 42
/** How long tokens of `sign` are good. */
const SIGNED_SECONDS = 300

/**
 * A signed token (JWT, RFC 7519; JWS, RFC 7515) in a header field. What the token says of its own key
 * (`jku`, `jwk`, `x5u`, `x5c`) and type (`typ`) is not looked at.
 *
 * A token that was verified is remembered for an hour at most, unless its keys come from a function: when it
 * comes again its claims and the hash of the body are checked, not its signature. Until then it stays good if
 * its key is withdrawn.
 *
 * @throws {TypeError} `ERR_SECRET_EMPTY`, `ERR_SECRET_MALFORMED`, `ERR_OPTION_INVALID`
 * @example
 * jwt({ algorithms: ['HS256'], secret, audience: 'https://hooks.example.com/in' })
 * jwt({
 *   algorithms: ['RS256'],
 *   jwks: 'https://www.googleapis.com/oauth2/v3/certs',
 *   issuer: ['https://accounts.google.com', 'accounts.google.com'],
 *   audience: 'https://hooks.example.com/in',
 *   claims: ({ email }) => (email === account ? undefined : 'another service account'),
 * })
 */
export function jwt(options: JwtOptions): Scheme {
  const { algorithms, content } = options
  const header = (options.header ?? 'authorization').toLowerCase()
  const bearer = options.bearer ?? header === 'authorization'
  const keys = tokenKeys(options)
  const rules = claimRules(options)
  let known = new Map<string, Known>()
  /** Those before: to forget half of them now and then takes less than to forget one each time. */
  let older = known
  const readHeader = headerReader()

  function open(head: Delivery): Awaitable<VerifyBody> {
    const value = head.headers.get(header)
    if (!value) {
      throw new WebhookError(
        'ERR_SIGNATURE_MISSING',
        `No header ${header}; is the sender set to send a token?`,
      )
    }
    const tail = value.slice(-TAIL)
    const entry = known.get(tail) ?? older.get(tail)
    if (entry?.value === value && head.receivedAt < entry.until) return accept(entry, head)
    return after(verify(value, head), (fresh) => {
      const check = accept(fresh, head)
      if (keys.fixed) remember(tail, fresh)
      return check
    })
  }

  function accept({ claims, verified }: Known, head: Delivery): VerifyBody {
    rules.checkContent(claims)
    rules.checkRequest(claims, head)
    return content
      ? (delivery) => after(checkBody(claims, delivery, content), () => verified)
      : () => verified
  }

  function verify(value: string, head: Delivery): Awaitable<Known> {
    const token = withoutBearer(value, bearer)
    if (token === undefined) {
      throw new WebhookError(
        'ERR_SIGNATURE_MALFORMED',
        `The header ${header} is not a bearer token`,
      )
    }
    const jws = parseJws(token, algorithms, readHeader)
    return after(keys.find(jws, head), (found) =>
      after(findMatch(found, jws), (secret) => {
        const claims = parseObject(jws.payload)
        if (!claims) throw refused('holds no claims')
        return { value, claims, verified: { secret }, until: head.receivedAt + KNOWN_MS }
      }),
    )
  }

  function remember(tail: string, entry: Known): void {
    if (known.size >= KNOWN_TOKENS) {
      older = known
      known = new Map()
    }
    known.set(tail, entry)
  }

  async function sign(message: OutgoingMessage, given: SignOptions): Promise<OutgoingMessage> {
    const claims = await claimsFor(message, given.now, options)
    const [algorithm] = algorithms
    const head = { alg: algorithm, typ: 'JWT', ...(options.kid && { kid: options.kid }) }
    const signed = `${toText(head)}.${toText(claims)}`
    const signature = await keys.sign(signed, algorithm, given.privateKey)
    const value = `${bearer === true ? 'Bearer ' : ''}${signed}.${signature}`
    return { ...message, headers: { ...message.headers, [header]: value } }
  }

  return {
    name: 'jwt',
    headers: [header],
    applies({ headers }) {
      const value = headers.get(header)
      return Boolean(value && withoutBearer(value, bearer) !== undefined)
    },
    open,
    sign,
  }
}

/** The name of the scheme is read in any case (RFC 9110, section 11.1). */
function withoutBearer(value: string, bearer: boolean | 'optional'): string | undefined {
  if (!bearer) return value
  if (/^bearer /i.test(value)) return value.slice('bearer '.length)
  return bearer === 'optional' ? value : undefined
}

/** The place of the first key that the signature is of. */
function findMatch(keys: readonly JwsKey[], jws: Jws, start = 0): Awaitable<number> {
  for (let place = start; place < keys.length; place++) {
    const key = keys[place]!
    if (!key.fits(jws)) continue
    const found = key.verify(jws)
    if (isPromise(found))
      return found.then((yes) => (yes ? place : findMatch(keys, jws, place + 1)))
    if (found) return place
  }
  throw new WebhookError(
    'ERR_SIGNATURE_MISMATCH',
    'The token is not signed with any key that fits; is it of another sender or environment?',
  )
}

function checkBody(claims: Claims, { body }: Delivery, content: TokenContent): Awaitable<void> {
  const claimed = claims[content.claim]
  if (typeof claimed !== 'string') throw refused(`has no ${content.claim}`)
  return after(hashOf(body, content), (digest) => {
    if (equalText(digest, claimed)) return
    throw new WebhookError(
      'ERR_SIGNATURE_MISMATCH',
      `The token is not of this body: ${content.claim} differs; was the body rewritten on the way?`,
    )
  })
}

const hashOf = (body: Uint8Array, { algorithm = 'sha256', encoding = 'hex' }: TokenContent) =>
  crypto.hash(algorithm, body, encoding)

async function claimsFor(
  message: OutgoingMessage,
  now: number,
  { issuer, audience, content, signedClaims }: JwtBaseOptions,
): Promise<Claims> {
  const issued = Math.floor(now / 1000)
  const names = typeof audience === 'function' ? audience(outgoingDelivery(message)) : audience
  const first = (value: string | readonly string[]) =>
    typeof value === 'string' ? value : value[0]
  return {
    ...(issuer !== undefined && { iss: first(issuer) }),
    ...(names !== false && { aud: first(names) }),
    iat: issued,
    exp: issued + SIGNED_SECONDS,
    ...(content && { [content.claim]: await hashOf(message.body, content) }),
    ...signedClaims,
  }
}

const toText = (value: object) => encode(encodeUtf8(JSON.stringify(value)), 'base64url')
