/** Whom certificates are trusted by, held against what OpenSSL says of the same ones. */
import { X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { rootCertificates } from 'node:tls'
import { describe, expect, test } from 'vitest'
import {
  followChain,
  isNamed,
  parseCertificates,
  type ChainOptions,
} from '../../src/lib/certificate-chain.ts'
import { isSignedBy } from '../../src/lib/certificate-signature.ts'
import type { Certificate } from '../../src/lib/x509.ts'

const read = (...names: readonly string[]) =>
  names.flatMap((name) =>
    parseCertificates(
      readFileSync(`${import.meta.dirname}/../fixtures/certificates/${name}.pem`, 'utf8'),
    ),
  )

interface Case {
  readonly chain: readonly string[]
  readonly roots?: readonly string[]
  readonly fault: string | undefined
}

const CASES: readonly Case[] = [
  { chain: ['leaf'], fault: undefined },
  { chain: ['leaf', 'middle'], fault: undefined },
  { chain: ['leaf', 'middle', 'root'], fault: undefined },
  { chain: ['ec-leaf', 'ec-middle', 'ec-root'], fault: undefined },
  { chain: ['leaf', 'middle'], roots: ['root'], fault: undefined },
  { chain: ['leaf', 'middle', 'root'], roots: ['root'], fault: undefined },
  { chain: ['leaf', 'middle', 'root'], roots: ['ec-root', 'root'], fault: undefined },
  { chain: ['leaf'], roots: ['middle'], fault: undefined },
  { chain: ['leaf'], roots: ['leaf'], fault: undefined },
  // What follows the root is of no interest.
  { chain: ['leaf', 'middle', 'root', 'sha1'], roots: ['root'], fault: undefined },
  { chain: ['ec-leaf', 'ec-middle'], roots: ['ec-root'], fault: undefined },
  { chain: ['narrow'], roots: ['root'], fault: 'its key is not for signatures' },

  { chain: ['leaf'], roots: ['root'], fault: 'no trusted authority has signed it' },
  { chain: ['leaf', 'middle'], roots: ['other-root'], fault: 'no trusted authority has signed it' },
  { chain: ['leaf', 'middle'], roots: [], fault: 'no trusted authority has signed it' },
  { chain: ['leaf', 'middle', 'other-root'], fault: 'its issuer has not signed it' },
  {
    chain: ['leaf', 'middle', 'other-root'],
    roots: ['root'],
    fault: 'its issuer has not signed it',
  },
  { chain: ['leaf', 'root'], fault: 'its issuer is another one' },
  { chain: ['leaf', 'ec-middle'], fault: 'its issuer is another one' },
  { chain: ['leaf', 'leaf'], fault: 'its issuer is another one' },
  { chain: ['by-leaf', 'leaf'], fault: 'its issuer is no authority' },
  { chain: ['by-leaf', 'leaf', 'middle'], roots: ['root'], fault: 'its issuer is no authority' },
  { chain: ['by-leaf'], roots: ['leaf'], fault: 'no trusted authority has signed it' },
  { chain: ['sha1', 'middle'], fault: 'its issuer has not signed it' },
  { chain: ['encipher'], fault: 'its key is not for signatures' },
  { chain: ['critical'], fault: 'it has unknown limits' },
  { chain: ['too-deep', 'below-narrow', 'narrow'], fault: 'its chain is longer than allowed' },
]

describe('a chain', () => {
  test.each(CASES)('of $chain with the roots $roots', async ({ chain, roots, fault }) => {
    const options: ChainOptions = roots ? { roots: read(...roots) } : {}
    expect((await followChain(read(...chain), options)).fault).toBe(fault)
  })

  test('is valid as long as each of it', async () => {
    const [expired, future, middle] = read('expired', 'future', 'middle')
    const chain = await followChain([expired!, middle!], {})
    expect([chain.notBefore, chain.notAfter]).toEqual([Date.UTC(2020, 0), Date.UTC(2021, 0)])
    expect((await followChain([future!, middle!], {})).notBefore).toBe(Date.UTC(2190, 0))
  })

  test('has a beginning, and an end', () => {
    expect(() => parseCertificates('no certificates')).toThrow('there are 0 blocks')
    const leaf = readFileSync(`${import.meta.dirname}/../fixtures/certificates/leaf.pem`, 'utf8')
    expect(() => parseCertificates(leaf.repeat(11))).toThrow('there are 11 blocks')
  })
})

test('signatures are of whom OpenSSL says, among the real roots too', async () => {
  const all = [...read('root', 'middle', 'leaf', 'ec-root', 'ec-middle', 'ec-leaf', 'other-root')]
  for (const one of all) {
    for (const issuer of all) {
      const node = new X509Certificate(one.der).verify(new X509Certificate(issuer.der).publicKey)
      expect([one.commonName, issuer.commonName, await isSignedBy(one, issuer)]).toEqual([
        one.commonName,
        issuer.commonName,
        node,
      ])
    }
  }
  const roots = rootCertificates.flatMap(parseCertificates)
  const count = { signed: 0, not: 0 }
  for (const root of roots) {
    const signed = await isSignedBy(root, root)
    count[signed ? 'signed' : 'not']++
    const { signatureAlgorithm } = root
    // All sign themselves; SHA-1 is not taken, nor a hash that does not go with the curve.
    if (!signed) expect(signatureAlgorithm).toMatch(/sha1$|^ecdsa/)
  }
  expect(count.signed).toBeGreaterThan(80)
})

describe('a name', () => {
  test.each([
    { file: 'leaf', name: 'signing.example.com', named: true },
    { file: 'leaf', name: 'SIGNING.example.com', named: true },
    { file: 'leaf', name: 'xsigning.example.com', named: false },
    { file: 'leaf', name: 'example.com', named: false },
    { file: 'wildcard', name: 'signing.example.com', named: true },
    { file: 'wildcard', name: 'a.signing.example.com', named: false },
    { file: 'wildcard', name: 'example.com', named: false },
    { file: 'wildcard', name: '.example.com', named: false },
    { file: 'wildcard', name: '*.example.com', named: false },
    // The common name counts only without alternative names.
    { file: 'wildcard', name: 'other.example.org', named: false },
    { file: 'common-name', name: 'signing.example.com', named: true },
    { file: 'common-name', name: 'other.example.com', named: false },
  ])('$name of $file: $named', ({ file, name, named }) => {
    const [certificate] = read(file)
    expect(isNamed(certificate!, name)).toBe(named)
    const node = new X509Certificate(certificate!.der)
    // To OpenSSL a dot in front asks for any name below.
    if (!/^[.*]/.test(name)) expect(node.checkHost(name) !== undefined).toBe(named)
  })

  test('is not the common name beside an alternative one of another kind', () => {
    expect(isNamed(read('address')[0]!, 'signing.example.com')).toBe(false)
  })

  test.each([
    { pattern: '*.com', name: 'example.com', named: false },
    { pattern: '*', name: 'com', named: false },
    { pattern: 's*.example.com', name: 'signing.example.com', named: false },
    { pattern: 'a.*.com', name: 'a.example.com', named: false },
    { pattern: '*.a.example', name: 'b.a.example', named: true },
  ])('is $named for $pattern as $name', ({ pattern, name, named }) => {
    const certificate = { dnsNames: [pattern], commonName: name } as unknown as Certificate
    expect(isNamed(certificate, name)).toBe(named)
  })
})
