/** Whether a certificate may be trusted: its issuers, its time and its name (RFC 5280, RFC 6125). */
import { readPem } from './pem.ts'
import { isSignedBy } from './certificate-signature.ts'
import { equalBytes, parseCertificate, type Certificate } from './x509.ts'

/** A certificate and who vouches for it. */
export interface Chain {
  readonly leaf: Certificate
  /** Milliseconds since 1970 between which each of them is valid. */
  readonly notBefore: number
  readonly notAfter: number
  /** Why it must not be used, whatever the time. */
  readonly fault: string | undefined
}

/** @throws {Error} unless the text holds certificates in PEM and nothing else of that label */
export function parseCertificates(pem: string): readonly Certificate[] {
  return readPem(pem, 'CERTIFICATE').map(parseCertificate)
}

export interface ChainOptions {
  /** The last certificate, or its issuer, has to be one of them. */
  readonly roots?: readonly Certificate[] | undefined
}

/**
 * Follows the certificates from the first to its issuers: each has to be signed by the next. Without
 * `roots` that shows only that they belong together, not that anybody is to be trusted.
 */
export async function followChain(
  certificates: readonly Certificate[],
  { roots }: ChainOptions,
): Promise<Chain> {
  const [leaf] = certificates
  if (!leaf) throw new Error('there is no certificate')
  const path: Certificate[] = [leaf]
  let fault = leaf.maySign ? undefined : 'its key is not for signatures'
  for (const next of certificates.slice(1)) {
    if (roots && path.some((one) => isRoot(one, roots))) break
    fault ??= await faultOfIssuer(next, path)
    path.push(next)
  }
  if (roots && !path.some((one) => isRoot(one, roots))) {
    const root = await findRoot(path, roots)
    if (root) path.push(root)
    else fault ??= 'no trusted authority has signed it'
  }
  fault ??= path.some(({ unknownCritical }) => unknownCritical)
    ? 'it has unknown limits'
    : undefined
  return {
    leaf,
    notBefore: Math.max(...path.map(({ notBefore }) => notBefore)),
    notAfter: Math.min(...path.map(({ notAfter }) => notAfter)),
    fault,
  }
}

const isRoot = (certificate: Certificate, roots: readonly Certificate[]) =>
  roots.some(({ der }) => equalBytes(der, certificate.der))

async function findRoot(
  path: readonly Certificate[],
  roots: readonly Certificate[],
): Promise<Certificate | undefined> {
  for (const root of roots) if ((await faultOfIssuer(root, path)) === undefined) return root
  return undefined
}

/** Why `issuer` can't have issued the last certificate of the path. */
async function faultOfIssuer(
  issuer: Certificate,
  path: readonly Certificate[],
): Promise<string | undefined> {
  const last = path.at(-1)!
  if (!equalBytes(last.issuer, issuer.subject)) return 'its issuer is another one'
  if (!issuer.isIssuer) return 'its issuer is no authority'
  // Those that issue themselves anew do not count (RFC 5280, section 6.1.4).
  const between = path.slice(1).filter((one) => !equalBytes(one.issuer, one.subject)).length
  if (between > (issuer.pathLength ?? Infinity)) return 'its chain is longer than allowed'
  return (await isSignedBy(last, issuer)) ? undefined : 'its issuer has not signed it'
}

/**
 * Whether a certificate is for this DNS name: by its alternative names, of which one may begin with `*.`
 * for a single label, or by the common name if it has no such extension.
 */
export function isNamed(certificate: Certificate, name: string): boolean {
  const wanted = name.toLowerCase()
  const { dnsNames, commonName } = certificate
  if (dnsNames === undefined) return commonName?.toLowerCase() === wanted
  return dnsNames.some((pattern) => covers(pattern.toLowerCase(), wanted))
}

function covers(pattern: string, name: string): boolean {
  if (pattern === name) return !name.includes('*')
  const dot = name.indexOf('.')
  // Two labels have to follow, or all of a top-level domain would be covered.
  return dot > 0 && pattern === `*${name.slice(dot)}` && pattern.split('.').length > 2
}
