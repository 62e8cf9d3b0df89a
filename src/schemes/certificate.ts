import type { Delivery } from '../delivery.ts'
import { configurationError, messageOf, WebhookError } from '../errors.ts'
import { decode, decodeUtf8, encode } from '../lib/bytes.ts'
import { followChain, isNamed, parseCertificates, type Chain } from '../lib/certificate-chain.ts'
import { keyOf } from '../lib/certificate-signature.ts'
import type { Chunk } from '../lib/crypto.ts'
import {
  createKeyDirectory,
  type DownloadSettings,
  type KeyDirectory,
} from '../lib/key-directory.ts'
import type { PinnedUrls } from '../lib/pinned-url.ts'
import { pinnedUrl } from '../lib/pinned-url.ts'
import { asSecrets, privateKey, publicKey, type PublicKeyValue } from '../lib/public-key.ts'
import { rsa, type VerifyRsa } from '../lib/rsa.ts'
import { keyring, type Keyring } from '../lib/secrets.ts'
import type { Readings } from '../lib/signed-content.ts'
import type {
  Awaitable,
  OutgoingMessage,
  Scheme,
  SecretSource,
  SignOptions,
  Verified,
} from '../types.ts'
import type { Certificate } from '../lib/x509.ts'

export type CertificateHash = 'sha1' | 'sha256'

/** What a request says of its signature. Anyone can say it. */
export interface CertificateEvidence {
  /** Where the certificate is. */
  readonly url: unknown
  /** Base64; `undefined` or empty if there is none. */
  readonly signature: unknown
  /** The hash that is named, `undefined` if it is none of those allowed. */
  readonly hash: CertificateHash | undefined
}

/** Signs chunks as the sender does. */
export type SignWithHash = (hash: CertificateHash, chunks: readonly Chunk[]) => Promise<string>

/** What a user of a provider with certificates may set. */
export interface CertificateSettings extends DownloadSettings {
  /**
   * Certificates in PEM, of which one has to have signed the certificate or an issuer that is sent along.
   * Without them the chain is not followed to anyone, and what counts is that the certificate comes over
   * TLS from a host of the sender.
   */
  readonly roots?: string
  /** The names of which the certificate has to have one; `false` takes any name. */
  readonly certificateNames?: readonly string[] | false
  /**
   * RSA keys of the sender in place of any certificate: then nothing is downloaded, and no name and time
   * of a certificate is checked.
   */
  readonly publicKey?: SecretSource<PublicKeyValue>
}

export interface CertificateOptions extends CertificateSettings {
  /** The hosts and paths from which certificates are fetched. No other URL is ever called. */
  readonly urls: PinnedUrls
  /** Header fields that hold what is signed or the signature; none if that is in the body. */
  readonly headers: readonly string[]
  /** Reads URL, signature and hash: from the head, or with no `headers` from the body. */
  readonly evidence: (delivery: Delivery) => CertificateEvidence
  /**
   * The signed bytes, in every way they may be read.
   *
   * @throws {WebhookError} for what is no message of the sender
   */
  readonly content: (delivery: Delivery) => Readings
  /** Refuses by throwing what is not wanted, before anything is downloaded for it. */
  readonly admit?: (delivery: Delivery) => void
  /** Puts the signature where the sender would, for tests that hold a key. */
  readonly write?: (
    message: OutgoingMessage,
    sign: SignWithHash,
    options: SignOptions,
  ) => Promise<OutgoingMessage>
}

/** A key that verifies with either hash, and what it depends on. */
interface SigningKey {
  readonly verify: Readonly<Record<CertificateHash, VerifyRsa>>
  readonly chain?: Chain
}

/** Twice as long as a key of 8192 bits needs. */
const MAX_SIGNATURE_LENGTH = 2800

/**
 * RSA (PKCS #1 v1.5) with the key in a certificate that the sender publishes and each delivery names. A
 * delivery could name any URL, so hosts and paths are fixed; the certificate has to be valid at the time
 * of the handler's clock and to carry the name of the sender, and issuers that follow it in the same
 * document have to have signed it. Revocation lists are not asked.
 *
 * @throws {TypeError} `ERR_OPTION_INVALID`, `ERR_SECRET_MALFORMED`
 */
export function certificate(options: CertificateOptions): Scheme {
  const { urls, headers, evidence, content, admit, write } = options
  const pinnedKeys =
    options.publicKey === undefined
      ? undefined
      : keyring(asSecrets(options.publicKey), (value) => ({
          verify: verifiers(publicKey(value, ['rsa']).jwk),
        }))
  const find = pinnedKeys ? findPinned(pinnedKeys, urls) : findPublished(createDirectory(options))

  /** What can be told before anything is downloaded. */
  function read(delivery: Delivery) {
    const { url, signature: text, hash } = evidence(delivery)
    if (text === undefined || text === null || text === '') {
      throw new WebhookError(
        'ERR_SIGNATURE_MISSING',
        'The delivery carries no signature; is it from this sender at all?',
      )
    }
    const isShort = typeof text === 'string' && text.length <= MAX_SIGNATURE_LENGTH
    const signature = isShort ? decode(text, 'base64') : undefined
    if (!signature || !hash) {
      throw new WebhookError(
        'ERR_SIGNATURE_MALFORMED',
        hash ? 'The signature is not base64' : 'The signature is of a version that is not accepted',
      )
    }
    return { url, signature, hash }
  }

  async function check(delivery: Delivery): Promise<Verified> {
    const { url, signature, hash } = read(delivery)
    admit?.(delivery)
    const readings = content(delivery)
    const keys = await find(url, delivery)
    for (const [secret, { verify }] of keys.entries()) {
      for (const chunks of readings) if (await verify[hash](chunks, signature)) return { secret }
    }
    throw new WebhookError(
      'ERR_SIGNATURE_MISMATCH',
      'The signature is not of this content; was the body rewritten on the way, or is it of another endpoint?',
    )
  }

  async function sign(
    message: OutgoingMessage,
    signOptions: SignOptions,
  ): Promise<OutgoingMessage> {
    const der = privateKey(signOptions.privateKey, 'rsa')
    const signWith: SignWithHash = async (hash, chunks) =>
      encode(await rsa.signer(der, { hash, padding: 'pkcs1' })(chunks), 'base64')
    return write!(message, signWith, signOptions)
  }

  const inBody = headers.length === 0
  return {
    name: 'certificate',
    headers,
    applies: (head) =>
      inBody ? head.method === 'POST' && 'in-body' : Boolean(evidence(head).signature),
    open(head) {
      if (!inBody) read(head)
      return check
    },
    ...(write && { sign }),
  }
}

type FindKeys = (url: unknown, delivery: Delivery) => Awaitable<readonly SigningKey[]>

/** The certificate is of no interest then; a request that names a foreign one is refused all the same. */
function findPinned(keys: Keyring<SigningKey>, urls: PinnedUrls): FindKeys {
  return (url, delivery) => {
    if (typeof url === 'string' && pinnedUrl(url, urls) === undefined) {
      throw new WebhookError('ERR_KEY_UNKNOWN', 'The URL of the certificate is none of the sender')
    }
    return keys.find(delivery)
  }
}

function findPublished(directory: KeyDirectory<SigningKey>): FindKeys {
  return async (url, { receivedAt }) => {
    const keys = await directory.find({ url: typeof url === 'string' ? url : '' })
    for (const { chain } of keys) if (chain) assertUsable(chain, receivedAt)
    return keys
  }
}

function assertUsable({ fault, notBefore, notAfter }: Chain, now: number): void {
  if (fault !== undefined) {
    throw new WebhookError('ERR_CERTIFICATE_REFUSED', `The certificate is refused: ${fault}`)
  }
  if (now >= notBefore && now <= notAfter) return
  throw new WebhookError(
    'ERR_CERTIFICATE_REFUSED',
    `The certificate is valid from ${toText(notBefore)} to ${toText(notAfter)}; is this clock right?`,
  )
}

const toText = (ms: number) => new Date(ms).toISOString()

function createDirectory(options: CertificateOptions): KeyDirectory<SigningKey> {
  const { certificateNames: names = false } = options
  const roots = parseRoots(options.roots)
  return createKeyDirectory({
    ...options,
    headers: {},
    // A made-up URL of the right form is the fault of whoever names it.
    absence: 'confirmed',
    async parse(body) {
      const chain = await followChain(parseCertificates(decodeUtf8(body)), { roots })
      const fault = chain.fault ?? faultOfName(chain.leaf, names)
      const key = keyOf(chain.leaf)
      if (key?.type !== 'rsa')
        throw new Error('the certificate holds no RSA key of 2048 bits or more')
      return [{ kid: undefined, key: { verify: verifiers(key.jwk), chain: { ...chain, fault } } }]
    },
  })
}

function faultOfName(leaf: Certificate, names: readonly string[] | false): string | undefined {
  if (names === false || names.some((name) => isNamed(leaf, name))) return undefined
  return `it is not for ${names.join(' or ')}`
}

function parseRoots(pem: string | undefined): readonly Certificate[] | undefined {
  try {
    return pem === undefined ? undefined : parseCertificates(pem)
  } catch (cause) {
    const text = `roots is not one certificate or several in PEM: ${messageOf(cause)}`
    throw configurationError('ERR_OPTION_INVALID', text)
  }
}

function verifiers(jwk: Parameters<typeof rsa.verifier>[0]): SigningKey['verify'] {
  return {
    sha1: rsa.verifier(jwk, { hash: 'sha1', padding: 'pkcs1' }),
    sha256: rsa.verifier(jwk, { hash: 'sha256', padding: 'pkcs1' }),
  }
}
