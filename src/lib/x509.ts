/** What there is to know of an X.509 certificate (RFC 5280) before it is trusted. */
import {
  assertInteger,
  DerSequence,
  readBits,
  readBitString,
  readBoolean,
  readOid,
  readOnly,
  readSmallInteger,
  readTime,
  readValues,
  TAG,
  type DerValue,
} from './der.ts'

export type CertificateSignature =
  | 'rsa-sha1'
  | 'rsa-sha256'
  | 'rsa-sha384'
  | 'rsa-sha512'
  | 'ecdsa-sha256'
  | 'ecdsa-sha384'
  | 'ecdsa-sha512'

export interface Certificate {
  /** All of it, in DER. */
  readonly der: Uint8Array
  /** The part that the issuer has signed. */
  readonly signed: Uint8Array
  /** `undefined` for one that is not in use here. */
  readonly signatureAlgorithm: CertificateSignature | undefined
  readonly signature: Uint8Array
  /** The public key as a SubjectPublicKeyInfo. */
  readonly spki: Uint8Array
  /** Names in DER, to be compared byte by byte. */
  readonly issuer: Uint8Array
  readonly subject: Uint8Array
  readonly commonName: string | undefined
  /** `undefined` without the extension, empty if it names something else. */
  readonly dnsNames: readonly string[] | undefined
  /** Milliseconds since 1970; both are part of it. */
  readonly notBefore: number
  readonly notAfter: number
  /** Whether it may issue others, and how many may stand between it and the last one. */
  readonly isIssuer: boolean
  readonly pathLength: number | undefined
  /** Whether it may sign what is no certificate. */
  readonly maySign: boolean
  /** A critical extension that is not understood here: such a certificate must not be used. */
  readonly unknownCritical: string | undefined
}

const SIGNATURES: Readonly<Record<string, CertificateSignature>> = {
  '1.2.840.113549.1.1.5': 'rsa-sha1',
  '1.2.840.113549.1.1.11': 'rsa-sha256',
  '1.2.840.113549.1.1.12': 'rsa-sha384',
  '1.2.840.113549.1.1.13': 'rsa-sha512',
  '1.2.840.10045.4.3.2': 'ecdsa-sha256',
  '1.2.840.10045.4.3.3': 'ecdsa-sha384',
  '1.2.840.10045.4.3.4': 'ecdsa-sha512',
}

const COMMON_NAME = '2.5.4.3'
const KEY_USAGE = '2.5.29.15'
const ALTERNATIVE_NAME = '2.5.29.17'
const BASIC_CONSTRAINTS = '2.5.29.19'

/** What each of the understood extensions says. */
interface Extensions {
  readonly names?: readonly string[]
  readonly isCa?: boolean
  readonly pathLength?: number
  readonly usage?: (bit: number) => boolean
  readonly unknownCritical?: string
}

/** The longest certificates are some kilobytes. */
const MAX_BYTES = 64 * 1024

/** @throws {Error} for anything but one certificate in DER */
export function parseCertificate(der: Uint8Array): Certificate {
  if (der.length > MAX_BYTES) throw new Error('the certificate is too long')
  const outer = new DerSequence(readOnly(der, TAG.sequence).content)
  const signed = outer.take(TAG.sequence)
  const algorithm = outer.take(TAG.sequence)
  const signature = readBitString(outer.take(TAG.bitString))
  outer.end()

  const fields = new DerSequence(signed.content)
  const version = fields.optional(0xa0)
  assertInteger(fields.take(TAG.integer))
  const signedAlgorithm = fields.take(TAG.sequence)
  const issuer = fields.take(TAG.sequence).whole
  const validity = new DerSequence(fields.take(TAG.sequence).content)
  const subject = fields.take(TAG.sequence)
  const key = fields.take(TAG.sequence)
  fields.optional(0x81) // unique ids, which nobody uses
  fields.optional(0x82)
  const extensions = fields.optional(0xa3)
  fields.end()

  // What is outside is not signed.
  if (!equalBytes(algorithm.whole, signedAlgorithm.whole)) throw new Error('two algorithms')
  const isVersion3 = readVersion(version)
  if (extensions && !isVersion3) throw new Error('extensions need version 3')
  const { names, isCa = false, pathLength, usage, unknownCritical } = readExtensions(extensions)
  const notBefore = readTime(takeTime(validity))
  const notAfter = readTime(takeTime(validity))
  validity.end()

  return {
    der,
    signed: signed.whole,
    signatureAlgorithm: readSignatureAlgorithm(algorithm),
    signature,
    spki: key.whole,
    issuer,
    subject: subject.whole,
    commonName: readCommonName(subject),
    dnsNames: names,
    notBefore,
    notAfter,
    isIssuer: isCa && (usage?.(5) ?? true),
    pathLength,
    maySign: usage?.(0) ?? true,
    unknownCritical,
  }
}

const takeTime = (validity: DerSequence): DerValue =>
  validity.optional(TAG.utcTime) ?? validity.take(TAG.generalizedTime)

/** True for version 3, which is written as 2; absent means 1. */
function readVersion(version: DerValue | undefined): boolean {
  if (!version) return false
  const number = readSmallInteger(readOnly(version.content, TAG.integer))
  if (number !== 1 && number !== 2) throw new Error('an unknown version')
  return number === 2
}

function readSignatureAlgorithm(algorithm: DerValue): CertificateSignature | undefined {
  const fields = new DerSequence(algorithm.content)
  return SIGNATURES[readOid(fields.take(TAG.oid))]
}

/** The last of several, which is the most specific. */
function readCommonName({ content }: DerValue): string | undefined {
  let name: string | undefined
  for (const set of readValues(content)) {
    for (const attribute of readValues(set.content)) {
      const fields = new DerSequence(attribute.content)
      if (readOid(fields.take(TAG.oid)) !== COMMON_NAME) continue
      const value = fields.optional(TAG.utf8String) ?? fields.optional(TAG.printableString)
      name =
        value && new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(value.content)
    }
  }
  return name
}

function readExtensions(field: DerValue | undefined): Extensions {
  if (!field) return {}
  const seen = new Set<string>()
  let found: Extensions = {}
  for (const extension of readValues(readOnly(field.content, TAG.sequence).content)) {
    if (extension.tag !== TAG.sequence) throw new Error('malformed extension')
    const parts = new DerSequence(extension.content)
    const id = readOid(parts.take(TAG.oid))
    const critical = parts.optional(TAG.boolean)
    const { content } = parts.take(TAG.octetString)
    parts.end()
    if (seen.has(id)) throw new Error('the same extension twice')
    seen.add(id)
    const read = Object.hasOwn(READERS, id) ? READERS[id] : undefined
    const isCritical = critical !== undefined && readBoolean(critical)
    found = { ...found, ...(read ? read(content) : isCritical && { unknownCritical: id }) }
  }
  return found
}

const READERS: Readonly<Record<string, (content: Uint8Array) => Extensions>> = {
  [KEY_USAGE]: (content) => ({ usage: readBits(readOnly(content, TAG.bitString)) }),
  [ALTERNATIVE_NAME]: (content) => ({
    // [2] is a DNS name; the others are addresses, directories and the like.
    names: readValues(readOnly(content, TAG.sequence).content)
      .filter(({ tag }) => tag === 0x82)
      .map((name) => String.fromCharCode(...name.content)),
  }),
  [BASIC_CONSTRAINTS](content) {
    const fields = new DerSequence(readOnly(content, TAG.sequence).content)
    const isCa = fields.optional(TAG.boolean)
    const pathLength = fields.optional(TAG.integer)
    fields.end()
    return {
      isCa: isCa !== undefined && readBoolean(isCa),
      ...(pathLength && { pathLength: readSmallInteger(pathLength) }),
    }
  },
}

/** For what is no secret. */
export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, at) => byte === b[at])
}
