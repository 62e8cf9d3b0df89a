/** Signatures whose key is in a certificate that the delivery names. */
import { readFileSync } from 'node:fs'
import { createPublicKey, createSign } from 'node:crypto'
import { certificate, type CertificateOptions } from 'webhook-target/schemes/certificate'
import { describe, expect, test } from 'vitest'
import { rsaPair } from '../providers/keys.ts'
import { accepted, attempt, NOW, refused } from './attempt.ts'

const read = (...names: readonly string[]) =>
  names
    .map((name) => readFileSync(`${import.meta.dirname}/../fixtures/certificates/${name}`, 'utf8'))
    .join('')

const key = read('leaf.key')
const BODY = 'the signed bytes'
const URL = 'https://certificates.example.com/one.pem'
const signature = (hash = 'sha256', content = BODY) =>
  createSign(hash).update(content).sign(key, 'base64')

/** A scheme whose certificates are these files, and what it fetched. */
function setUp(files: readonly string[], options: Partial<CertificateOptions> = {}) {
  const fetched: string[] = []
  const scheme = certificate({
    urls: { hosts: ['certificates.example.com'], path: /\/[a-z]+\.pem/ },
    headers: ['x-signature', 'x-hash'],
    evidence: ({ headers }) => ({
      url: headers.get('x-certificate') ?? undefined,
      signature: headers.get('x-signature') ?? undefined,
      hash: headers.get('x-hash') === 'sha1' ? 'sha1' : 'sha256',
    }),
    content: ({ body }) => [['something else'], [body]],
    certificateNames: ['signing.example.com'],
    fetch: async (url) => {
      fetched.push(url)
      return new Response(read(...files))
    },
    ...options,
  })
  const send = (headers: Readonly<Record<string, string>> = {}, now = NOW) =>
    attempt(scheme, {
      body: BODY,
      headers: { 'x-certificate': URL, 'x-signature': signature(), ...headers },
      now,
    })
  return { send, fetched, scheme }
}

const REFUSED = refused('ERR_CERTIFICATE_REFUSED')

describe('a certificate', () => {
  test.each<{
    name: string
    files: readonly string[]
    options?: Partial<CertificateOptions>
    now?: number
    verdict: unknown
  }>([
    { name: 'by itself', files: ['leaf.pem'], verdict: accepted() },
    {
      name: 'with its issuers',
      files: ['leaf.pem', 'middle.pem', 'root.pem'],
      verdict: accepted(),
    },
    { name: 'with another issuer', files: ['leaf.pem', 'ec-middle.pem'], verdict: REFUSED },
    {
      name: 'up to a root',
      files: ['leaf.pem', 'middle.pem'],
      options: { roots: read('ec-root.pem', 'root.pem') },
      verdict: accepted(),
    },
    {
      name: 'up to a root of the same name',
      files: ['leaf.pem', 'middle.pem'],
      options: { roots: read('other-root.pem') },
      verdict: REFUSED,
    },
    {
      name: 'of another name',
      files: ['leaf.pem'],
      options: { certificateNames: ['other.example.com'] },
      verdict: REFUSED,
    },
    {
      name: 'of one of two names',
      files: ['leaf.pem'],
      options: { certificateNames: ['other.example.com', 'signing.example.com'] },
      verdict: accepted(),
    },
    {
      name: 'of any name',
      files: ['leaf.pem'],
      options: { certificateNames: false },
      verdict: accepted(),
    },
    { name: 'before its time', files: ['leaf.pem'], now: 1_577_836_799, verdict: REFUSED },
    { name: 'from its first second', files: ['leaf.pem'], now: 1_577_836_800, verdict: accepted() },
    { name: 'to its last second', files: ['leaf.pem'], now: 7_258_118_400, verdict: accepted() },
    { name: 'after its time', files: ['leaf.pem'], now: 7_258_118_401, verdict: REFUSED },
    { name: 'with another key', files: ['sha1.pem'], verdict: refused('ERR_SIGNATURE_MISMATCH') },
    { name: 'that is expired', files: ['expired.pem'], verdict: REFUSED },
    { name: 'that is not valid yet', files: ['future.pem'], verdict: REFUSED },
    { name: 'that must not sign', files: ['encipher.pem'], verdict: REFUSED },
    {
      name: 'that is none',
      files: ['README.md'],
      verdict: { status: 503, code: 'ERR_SECRET_UNAVAILABLE' },
    },
    {
      name: 'with no RSA key',
      files: ['ec-middle.pem'],
      options: { certificateNames: false },
      verdict: { status: 503, code: 'ERR_SECRET_UNAVAILABLE' },
    },
  ])('$name', async ({ files, options, now, verdict }) => {
    expect(await setUp(files, options).send({}, now)).toEqual(verdict)
  })

  test('is fetched once for many deliveries, whatever their time', async () => {
    const { send, fetched } = setUp(['leaf.pem'])
    expect(await send({}, 7_258_118_401)).toEqual(REFUSED)
    for (let i = 0; i < 3; i++) expect(await send()).toEqual(accepted())
    expect(fetched).toEqual([URL])
  })

  test('that is not there twice is a forgery, and one that can not be had is not', async () => {
    const answer = (status: number) =>
      setUp([], { fetch: async () => new Response('', { status }), negativeTtlSeconds: 0 })
    const unavailable = { status: 503, code: 'ERR_SECRET_UNAVAILABLE' }
    const [missing, failing] = [answer(404), answer(500)]
    expect([await missing.send(), await failing.send()]).toEqual([unavailable, unavailable])
    expect(await missing.send()).toEqual(refused('ERR_KEY_UNKNOWN'))
    expect(await failing.send()).toEqual(unavailable)
  })
})

describe('a delivery', () => {
  test.each<{ name: string; headers: Record<string, string>; code: string }>([
    { name: 'without a signature', headers: { 'x-signature': '' }, code: 'ERR_SIGNATURE_MISSING' },
    {
      name: 'with no base64',
      headers: { 'x-signature': `${signature()} ` },
      code: 'ERR_SIGNATURE_MALFORMED',
    },
    {
      name: 'with a huge signature',
      headers: { 'x-signature': 'A'.repeat(4000) },
      code: 'ERR_SIGNATURE_MALFORMED',
    },
    {
      name: 'with half a signature',
      headers: { 'x-signature': 'AAAA' },
      code: 'ERR_SIGNATURE_MISMATCH',
    },
    { name: 'of another hash', headers: { 'x-hash': 'sha1' }, code: 'ERR_SIGNATURE_MISMATCH' },
    {
      name: 'of other bytes',
      headers: { 'x-signature': signature('sha256', `${BODY}.`) },
      code: 'ERR_SIGNATURE_MISMATCH',
    },
    { name: 'without a URL', headers: { 'x-certificate': '' }, code: 'ERR_KEY_UNKNOWN' },
    {
      name: 'from a foreign host',
      headers: { 'x-certificate': 'https://certificates.example.com.evil.example/one.pem' },
      code: 'ERR_KEY_UNKNOWN',
    },
  ])('$name', async ({ headers, code }) => {
    const { send, fetched } = setUp(['leaf.pem'])
    expect(await send(headers)).toEqual(refused(code))
    if (code !== 'ERR_SIGNATURE_MISMATCH') expect(fetched).toEqual([])
  })

  test('in the other hash', async () => {
    const headers = { 'x-hash': 'sha1', 'x-signature': signature('sha1') }
    expect(await setUp(['leaf.pem']).send(headers)).toEqual(accepted())
  })

  test('that is not admitted leads to no download', async () => {
    const { send, fetched } = setUp(['leaf.pem'], {
      admit() {
        throw new Error('not wanted')
      },
    })
    expect((await send()).status).toBe(503)
    expect(fetched).toEqual([])
  })
})

describe('a key in place of certificates', () => {
  const { publicKey } = rsaPair()

  test('is the one that counts', async () => {
    const own = setUp([], { publicKey: [publicKey, publicOf(key)] })
    expect(await own.send()).toEqual(accepted(1))
    expect(await own.send({ 'x-certificate': 'https://evil.example/one.pem' })).toEqual(
      refused('ERR_KEY_UNKNOWN'),
    )
    const other = setUp(['leaf.pem'], { publicKey })
    expect(await other.send()).toEqual(refused('ERR_SIGNATURE_MISMATCH'))
    expect([...own.fetched, ...other.fetched]).toEqual([])
  })
})

describe('options', () => {
  test.each<{ options: Partial<CertificateOptions>; code: string }>([
    { options: { roots: 'no certificate' }, code: 'ERR_OPTION_INVALID' },
    { options: { urls: { hosts: [] } }, code: 'ERR_OPTION_INVALID' },
    { options: { publicKey: 'no key' }, code: 'ERR_SECRET_MALFORMED' },
    { options: { publicKey: [] }, code: 'ERR_SECRET_EMPTY' },
  ])('$options are refused', ({ options, code }) => {
    expect(() => setUp([], options)).toThrow(expect.objectContaining({ name: 'TypeError', code }))
  })
})

function publicOf(pem: string): string {
  return createPublicKey(pem).export({ type: 'spki', format: 'pem' }) as string
}
