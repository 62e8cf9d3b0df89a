import { outgoingDelivery, type Delivery } from '../delivery.ts'
import { configurationError, messageOf, WebhookError } from '../errors.ts'
import { checkContentDigest, contentDigest } from '../lib/content-digest.ts'
import { checkFreshness, DEFAULT_TOLERANCE_SECONDS } from '../lib/freshness.ts'
import type { MessageAlgorithm } from '../lib/message-algorithms.ts'
import { queryOf, signatureBase } from '../lib/message-components.ts'
import { messageKeys, type KeysById } from '../lib/message-keys.ts'
import { MAX_SIGNATURES } from '../lib/signature-list.ts'
import {
  parseDictionary,
  serializeBareItem,
  serializeInnerList,
  type BareItem,
  type InnerList,
} from '../lib/structured-fields.ts'
import type {
  Awaitable,
  OutgoingMessage,
  Scheme,
  SecretSource,
  SignOptions,
  UntrustedHint,
  Verified,
  VerifyBody,
} from '../types.ts'

export {
  ecdsaP256Sha256,
  ed25519,
  hmacSha256,
  rsaPssSha512,
  rsaV15Sha256,
  type MessageAlgorithm,
} from '../lib/message-algorithms.ts'
export type { KeysById } from '../lib/message-keys.ts'

export interface HttpMessageSignaturesOptions {
  /**
   * The one algorithm of the keys: `hmacSha256`, `ed25519`, `ecdsaP256Sha256`, `rsaV15Sha256` or
   * `rsaPssSha512`, which this file exports. A message that names another one is refused.
   */
  readonly algorithm: MessageAlgorithm
  /** The keys, whatever `keyid` a message has; or by their `keyid`, which then has to be there. */
  readonly keys: SecretSource | KeysById | undefined
  /**
   * The components that have to be covered, `@authority` or `content-type`.
   *
   * @default `@method`, and `@target-uri` or what it is made of: `@authority`, `@path` and, if there is one, `@query`
   */
  readonly required?: readonly string[]
  /** Lets a body pass that no covered `content-digest` vouches for, so that anyone could change it. @default false */
  readonly unsafeUncoveredBody?: boolean
  /** Seconds to either side of `created`; `false` accepts any age, also none. `expires` always counts. @default 300 */
  readonly toleranceSeconds?: number | false
  /** Only signatures with this `tag` count. @default any */
  readonly tag?: string
  /** Only the signature with this label counts, and signing uses it. @default any; `sig1` when signing */
  readonly label?: string
  /**
   * Takes the `nonce` of a genuine signature and tells whether it is new. It then has to be there.
   *
   * @default nonces are not looked at
   */
  readonly claimNonce?: (nonce: string, hint: UntrustedHint) => Awaitable<boolean>
  /** What signing covers. @default `@method`, `@target-uri` and, with a body, `content-digest` */
  readonly components?: readonly string[]
}

const INPUT = 'signature-input'
const SIGNATURE = 'signature'
const DIGEST = 'content-digest'

/**
 * HTTP Message Signatures (RFC 9421) over parts of the request, with the body covered by `Content-Digest`
 * (RFC 9530, SHA-256 and SHA-512). Of several signatures one that passes is enough. Set `publicUrl` of
 * `createWebhookHandler` where the host does not see the URL that the sender calls.
 *
 * Fields are taken as they are: components with the parameters `sf`, `key`, `bs`, `tr` or `req` are refused.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9421
 * @throws {TypeError} `ERR_SECRET_EMPTY`, `ERR_SECRET_MALFORMED`, `ERR_OPTION_INVALID`
 * @example
 * httpMessageSignatures({ algorithm: ed25519, keys: { byId: { 'key-1': publicKey } } })
 */
export function httpMessageSignatures(options: HttpMessageSignaturesOptions): Scheme {
  const { algorithm, toleranceSeconds = DEFAULT_TOLERANCE_SECONDS } = options
  if (toleranceSeconds !== false && !(toleranceSeconds > 0)) {
    throw configurationError(
      'ERR_OPTION_INVALID',
      'toleranceSeconds is a number above 0, or false to accept any age',
    )
  }
  const keys = messageKeys(algorithm, options.keys)

  function open(head: Delivery): VerifyBody {
    const candidates = readSignatures(head, options)
    const failures: unknown[] = []
    const passing = candidates.filter((candidate) => {
      try {
        checkHead(candidate, head, { ...options, toleranceSeconds })
        return true
      } catch (error) {
        failures.push(error)
        return false
      }
    })
    if (passing.length === 0) throw failures[0]
    return (delivery) => verifyBody(delivery, passing)
  }

  async function verifyBody(
    delivery: Delivery,
    candidates: readonly Candidate[],
  ): Promise<Verified> {
    let failure: unknown
    for (const candidate of candidates) {
      try {
        return await verifyOne(delivery, candidate)
      } catch (error) {
        // What can't be decided now comes before any refusal.
        if (!(failure instanceof WebhookError && failure.kind === 'unavailable')) failure = error
      }
    }
    throw failure
  }

  async function verifyOne(delivery: Delivery, candidate: Candidate): Promise<Verified> {
    await checkBody(delivery, candidate, options)
    const secret = await matchingKey(delivery, candidate)
    await claimNonce(delivery, candidate, options)
    return { secret }
  }

  async function matchingKey(delivery: Delivery, candidate: Candidate): Promise<number> {
    const base = signatureBase(delivery, candidate.covered)
    if (base === undefined) throw malformed('covers a component that the request has not')
    for (const [place, verify] of await keys.find(delivery, candidate.keyId)) {
      if (await verify(base, candidate.signature)) return place
    }
    throw new WebhookError(
      'ERR_SIGNATURE_MISMATCH',
      'The signature is not of this request with this key; does the host see the URL the sender calls (publicUrl)?',
    )
  }

  async function sign(
    message: OutgoingMessage,
    signOptions: SignOptions,
  ): Promise<OutgoingMessage> {
    const { id, key } = keys.current()
    const digested = await withDigest(message)
    const covered: InnerList = {
      items: componentsOf(digested, options).map((value) => ({ value, parameters: new Map() })),
      parameters: parametersOf({ id, now: signOptions.now, tag: options.tag }),
    }
    const base = signatureBase(outgoingDelivery(digested), covered)
    if (base === undefined)
      throw configurationError('ERR_OPTION_INVALID', 'A component to sign is not in the message')
    const signer = algorithm.signer(algorithm.symmetric ? key : signOptions.privateKey)
    const label = options.label ?? 'sig1'
    const headers = {
      ...digested.headers,
      [INPUT]: `${label}=${serializeInnerList(covered)}`,
      [SIGNATURE]: `${label}=${serializeBareItem(await signer(base))}`,
    }
    return { ...digested, headers }
  }

  return {
    name: `http-message-signatures(${algorithm.name})`,
    headers: [SIGNATURE, INPUT, DIGEST],
    applies: ({ headers }) => Boolean(headers.get(SIGNATURE) && headers.get(INPUT)),
    open,
    sign,
  }
}

/* Reading ---------------------------------------------------------------------------------------- */

/** One of the signatures of a message, as it says of itself. */
interface Candidate {
  readonly covered: InnerList
  readonly names: readonly unknown[]
  readonly signature: Uint8Array
  readonly keyId: string | undefined
}

const malformed = (fault: string) =>
  new WebhookError('ERR_SIGNATURE_MALFORMED', `The signature ${fault}`)

function readSignatures(
  { headers }: Delivery,
  { label, tag }: HttpMessageSignaturesOptions,
): readonly Candidate[] {
  const [input, signature] = [headers.get(INPUT), headers.get(SIGNATURE)]
  if (!input || !signature) {
    throw new WebhookError('ERR_SIGNATURE_MISSING', 'No headers Signature-Input and Signature')
  }
  const [inputs, signatures] = [parseDictionary(input), parseDictionary(signature)]
  if (!inputs || !signatures) throw malformed('does not parse as a structured field')
  const candidates: Candidate[] = []
  for (const [name, covered] of inputs) {
    const given = signatures.get(name)
    if (!('items' in covered) || !given || !('value' in given)) continue
    if (label !== undefined && label !== name) continue
    if (tag !== undefined && tag !== covered.parameters.get('tag')) continue
    if (given.value instanceof Uint8Array) candidates.push(toCandidate(covered, given.value))
  }
  if (candidates.length > 0 && candidates.length <= MAX_SIGNATURES) return candidates
  throw malformed('has no input, another label or another tag')
}

function toCandidate(covered: InnerList, signature: Uint8Array): Candidate {
  const keyId = covered.parameters.get('keyid')
  return {
    covered,
    names: covered.items.map(({ value }) => value),
    signature,
    keyId: typeof keyId === 'string' ? keyId : undefined,
  }
}

/* Checking --------------------------------------------------------------------------------------- */

function checkHead(
  { covered, names }: Candidate,
  head: Delivery,
  options: HttpMessageSignaturesOptions & { readonly toleranceSeconds: number | false },
): void {
  const named = covered.parameters.get('alg')
  if (named !== undefined && named !== options.algorithm.name)
    throw malformed('names another algorithm than the configured one')
  const missing = (options.required ?? defaultRequired(head, names)).filter(
    (name) => !names.includes(name),
  )
  if (missing.length > 0) throw malformed(`does not cover ${missing.join(', ')}`)
  checkTimes(covered.parameters, head.receivedAt, options.toleranceSeconds)
}

/** The whole target, in one component or in several. */
function defaultRequired({ url }: Delivery, names: readonly unknown[]): readonly string[] {
  if (names.includes('@target-uri')) return ['@method']
  if (names.includes('@request-target')) return ['@method', '@authority']
  return ['@method', '@authority', '@path', ...(queryOf(url) ? ['@query'] : [])]
}

function checkTimes(
  parameters: InnerList['parameters'],
  now: number,
  toleranceSeconds: number | false,
): void {
  const [created, expires] = [parameters.get('created'), parameters.get('expires')]
  if (created !== undefined) checkFreshness(toText(created), { unit: 's', now, toleranceSeconds })
  else if (toleranceSeconds !== false)
    throw new WebhookError(
      'ERR_TIMESTAMP_MISSING',
      'The signature does not say when it was created',
    )
  if (expires === undefined) return
  checkFreshness(toText(expires), { unit: 's', now, toleranceSeconds: false })
  if (Number(expires) * 1000 >= now) return
  throw new WebhookError('ERR_TIMESTAMP_OUTSIDE_TOLERANCE', 'The signature has expired')
}

/** Only a whole number is a time: as text, another type is none. */
const toText = (value: BareItem) => (typeof value === 'number' ? String(value) : '')

async function checkBody(
  { body, headers }: Delivery,
  { names }: Candidate,
  { unsafeUncoveredBody = false }: HttpMessageSignaturesOptions,
): Promise<void> {
  if (!names.includes(DIGEST)) {
    if (body.length === 0 || unsafeUncoveredBody) return
    throw malformed('does not cover content-digest, so that it says nothing of the body')
  }
  const right = await checkContentDigest(headers.get(DIGEST) ?? '', body)
  if (right) return
  if (right === undefined) throw malformed('covers a Content-Digest without SHA-256 or SHA-512')
  throw new WebhookError(
    'ERR_SIGNATURE_MISMATCH',
    'The Content-Digest is not of this body; was it rewritten on the way?',
  )
}

async function claimNonce(
  delivery: Delivery,
  { covered }: Candidate,
  { claimNonce: claim }: HttpMessageSignaturesOptions,
): Promise<void> {
  if (!claim) return
  const nonce = covered.parameters.get('nonce')
  if (typeof nonce !== 'string') throw malformed('has no nonce')
  const { params, headers, url, body } = delivery
  let isNew: boolean
  try {
    isNew = await claim(nonce, { params, headers, url, body })
  } catch (cause) {
    const text = `Whether the nonce is new could not be told: ${messageOf(cause)}`
    throw new WebhookError('ERR_SECRET_UNAVAILABLE', text, { cause })
  }
  if (!isNew)
    throw new WebhookError('ERR_SIGNATURE_MISMATCH', 'The nonce was used before; it is a replay')
}

/* Signing ---------------------------------------------------------------------------------------- */

async function withDigest(message: OutgoingMessage): Promise<OutgoingMessage> {
  if (message.body.length === 0 || message.headers[DIGEST]) return message
  return {
    ...message,
    headers: { ...message.headers, [DIGEST]: await contentDigest(message.body) },
  }
}

function componentsOf(
  { body }: OutgoingMessage,
  { components }: HttpMessageSignaturesOptions,
): readonly string[] {
  return components ?? ['@method', '@target-uri', ...(body.length > 0 ? [DIGEST] : [])]
}

function parametersOf(given: {
  readonly id: string | undefined
  readonly now: number
  readonly tag: string | undefined
}): InnerList['parameters'] {
  const parameters = new Map<string, BareItem>([['created', Math.floor(given.now / 1000)]])
  if (given.id !== undefined) parameters.set('keyid', given.id)
  if (given.tag !== undefined) parameters.set('tag', given.tag)
  return parameters
}
