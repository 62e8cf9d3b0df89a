/** Certificates as node:crypto reads them: real roots, those made by OpenSSL, and broken ones. */
import { X509Certificate } from 'node:crypto'
import { globSync, readFileSync } from 'node:fs'
import { rootCertificates } from 'node:tls'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseCertificate } from '../../src/lib/x509.ts'
import { readPem } from '../../src/lib/pem.ts'

const made = globSync(`${import.meta.dirname}/../fixtures/certificates/*.pem`)
  .map((path) => readFileSync(path, 'utf8'))
  .flatMap((pem) => readPem(pem, 'CERTIFICATE'))
const real = rootCertificates.flatMap((pem) => readPem(pem, 'CERTIFICATE'))

const SIGNATURE_NAMES: Readonly<Record<string, string>> = {
  sha1WithRSAEncryption: 'rsa-sha1',
  sha256WithRSAEncryption: 'rsa-sha256',
  sha384WithRSAEncryption: 'rsa-sha384',
  sha512WithRSAEncryption: 'rsa-sha512',
  'ecdsa-with-SHA256': 'ecdsa-sha256',
  'ecdsa-with-SHA384': 'ecdsa-sha384',
  'ecdsa-with-SHA512': 'ecdsa-sha512',
}

/** The same facts from node:crypto. */
function expected(der: Uint8Array) {
  // @types/node does not know signatureAlgorithm yet.
  const node: X509Certificate & { readonly signatureAlgorithm?: string } = new X509Certificate(der)
  const { publicKey, validFrom, validTo, subject, subjectAltName } = node
  return {
    spki: publicKey.export({ type: 'spki', format: 'der' }),
    notBefore: Date.parse(validFrom),
    notAfter: Date.parse(validTo),
    signatureAlgorithm: SIGNATURE_NAMES[node.signatureAlgorithm ?? ''],
    commonName: subject
      ?.split('\n')
      .findLast((line) => line.startsWith('CN='))
      ?.slice(3),
    dnsNames: subjectAltName
      ?.split(', ')
      .filter((name) => name.startsWith('DNS:'))
      .map((name) => name.slice(4)),
    isIssuer: node.ca,
  }
}

function actual(der: Uint8Array) {
  const read = parseCertificate(der)
  const { notBefore, notAfter, signatureAlgorithm, dnsNames, isIssuer } = read
  return {
    spki: Buffer.from(read.spki),
    notBefore,
    notAfter,
    signatureAlgorithm,
    commonName: read.commonName,
    dnsNames,
    isIssuer,
  }
}

describe('a certificate says what node:crypto reads in it', () => {
  test('the corpus is there', () => {
    expect(made.length).toBeGreaterThan(15)
    expect(real.length).toBeGreaterThan(100)
  })

  test('names are whole, for they are compared byte by byte', () => {
    const [issuer, subject] = [real[0]!]
      .map(parseCertificate)
      .flatMap((read) => [read.issuer, read.subject])
    expect(issuer).toEqual(subject)
    expect(issuer![0]).toBe(0x30)
  })

  test.each([...made, ...real].map((der) => [new X509Certificate(der).subject, der] as const))(
    '%s',
    (_subject, der) => {
      expect(actual(der)).toEqual(expected(der))
    },
  )
})

describe('anything else', () => {
  const leaf = made[0]!
  const [named = leaf] = readPem(
    readFileSync(`${import.meta.dirname}/../fixtures/certificates/leaf.pem`, 'utf8'),
    'CERTIFICATE',
  )

  test('is refused when bytes are missing or left over', () => {
    for (let length = 0; length < leaf.length; length++) {
      expect(() => parseCertificate(leaf.subarray(0, length))).toThrow(Error)
    }
    expect(() => parseCertificate(Uint8Array.from([...leaf, 0]))).toThrow('another value')
  })

  test('is refused with an Error, or read as node:crypto reads it', () => {
    const changes = fc.array(fc.record({ at: fc.nat(leaf.length - 1), byte: fc.nat(255) }), {
      minLength: 1,
      maxLength: 3,
    })
    fc.assert(
      fc.property(fc.constantFrom(...made), changes, (der, list) => {
        const broken = Uint8Array.from(der)
        for (const { at, byte } of list) if (at < broken.length) broken[at] = byte
        const read = attempt(() => actual(broken))
        if (read === undefined) return
        // Stricter than Node is fine; what both read is the same. Node says that a certificate is no issuer if it
        // can't read any extension it knows; here a critical one that is not understood is the chain's to refuse.
        const node = attempt(() => expected(broken))
        if (node === undefined) return
        const isRefused = parseCertificate(broken).unknownCritical !== undefined
        const aside = {
          commonName: '',
          dnsNames: [],
          spki: '',
          ...(isRefused && { isIssuer: false }),
        }
        expect({ ...read, ...aside }).toEqual({ ...node, ...aside })
      }),
      { numRuns: 1000 },
    )
  })

  /** The certificate with the last place of some bytes, in hex, replaced. */
  const changed = (from: string, to: string) => {
    const hex = Buffer.from(named).toString('hex')
    const at = hex.lastIndexOf(from)
    expect(at).toBeGreaterThan(0)
    return new Uint8Array(Buffer.from(hex.slice(0, at) + to + hex.slice(at + to.length), 'hex'))
  }

  test.each([
    // SHA-256 with RSA becomes SHA-512, outside of what is signed.
    {
      name: 'of two algorithms',
      from: '2a864886f70d01010b',
      to: '2a864886f70d01010d',
      fault: 'two',
    },
    // The alternative name becomes a second key usage.
    { name: 'with an extension twice', from: '0603551d11', to: '0603551d0f', fault: 'twice' },
    // The year 2200 in a form with hours of a zone.
    { name: 'with another time', from: '3030303030305a', to: '3030303030302b', fault: 'a time' },
    {
      name: 'on a day that is not',
      from: '32323030303130313030',
      to: '32323030303233313030',
      fault: 'a time',
    },
  ])('$name is refused', ({ from, to, fault }) => {
    expect(() => parseCertificate(changed(from, to))).toThrow(fault)
  })

  test('is refused in time that depends on its length alone', () => {
    const nested = Uint8Array.from({ length: 60_000 }, (_, at) => (at % 2 ? 0x80 : 0x30))
    expect(() => parseCertificate(nested)).toThrow('a length')
    expect(() => parseCertificate(new Uint8Array(70_000))).toThrow('too long')
  })
})

function attempt<Value>(read: () => Value): Value | undefined {
  try {
    return read()
  } catch (error) {
    expect(error).toBeInstanceOf(Error)
    return undefined
  }
}
