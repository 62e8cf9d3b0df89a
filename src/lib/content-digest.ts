/** The digest of a body in its own header field (RFC 9530). */
import { decode, encode, equalText } from './bytes.ts'
import { crypto } from './crypto.ts'
import { parseDictionary, serializeBareItem } from './structured-fields.ts'

/** The algorithms that RFC 9530 calls active; the others are ignored. */
const ALGORITHMS = [
  ['sha-512', 'sha512'],
  ['sha-256', 'sha256'],
] as const

/**
 * Whether a `Content-Digest` is of these bytes: `undefined` if it can't be told, because it is malformed or has
 * only unknown algorithms. Of several known ones all have to be right.
 */
export async function checkContentDigest(
  field: string,
  body: Uint8Array,
): Promise<boolean | undefined> {
  const digests = parseDictionary(field)
  let result: boolean | undefined
  for (const [name, algorithm] of ALGORITHMS) {
    const member = digests?.get(name)
    if (member === undefined) continue
    if (!('value' in member) || !(member.value instanceof Uint8Array)) return undefined
    const given = encode(member.value, 'base64')
    const right = equalText(given, await crypto.hash(algorithm, body, 'base64'))
    result = right && result !== false
  }
  return result
}

/** A `Content-Digest` with SHA-256. */
export async function contentDigest(body: Uint8Array): Promise<string> {
  const digest = decode(await crypto.hash('sha256', body, 'base64'), 'base64')!
  return `sha-256=${serializeBareItem(digest)}`
}
