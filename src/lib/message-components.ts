/** What of a request a signature covers, and the text that is signed (RFC 9421, section 2). */
import { splitUrl, type Delivery } from '../delivery.ts'
import {
  serializeInnerList,
  serializeItem,
  type InnerList,
  type Item,
} from './structured-fields.ts'

/**
 * The signed text, `undefined` if a component is not there, is of a kind that is not supported, or can't have a
 * single value.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9421#section-2.5
 */
export function signatureBase(delivery: Delivery, covered: InnerList): string | undefined {
  const lines: string[] = []
  const identifiers = new Set<string>()
  const readQuery = queryReader(delivery)
  for (const item of covered.items) {
    const identifier = serializeItem(item)
    const value = componentValue(delivery, item, readQuery)
    if (value === undefined || identifiers.has(identifier)) return undefined
    identifiers.add(identifier)
    lines.push(`${identifier}: ${value}`)
  }
  lines.push(`"@signature-params": ${serializeInnerList(covered)}`)
  return lines.join('\n')
}

/** A token (RFC 9110, section 5.1) in lower case. */
const FIELD_NAME = /^[a-z\d_!#$%&'*+.^`|~-]+$/

type ReadComponent = (delivery: Delivery) => string

/** Section 2.2: what is no header field. */
const DERIVED: Readonly<Record<string, ReadComponent>> = {
  '@method': ({ method }) => method,
  '@target-uri': ({ url }) => url,
  '@authority': authorityOf,
  '@scheme': ({ url }) => url.slice(0, url.indexOf(':')).toLowerCase(),
  '@request-target': ({ url }) => splitUrl(url).target,
  '@path': ({ url }) => splitUrl(url).target.replace(/\?.*$/s, '') || '/',
  '@query': ({ url }) => queryOf(url) || '?',
}

function componentValue(
  delivery: Delivery,
  { value, parameters }: Item,
  readQuery: ReadQuery,
): string | undefined {
  if (typeof value !== 'string') return undefined
  if (value === '@query-param') return readQuery(parameters)
  // `sf`, `key` and `bs` read a field otherwise, `req` and `tr` elsewhere: none of them is supported.
  if (parameters.size > 0) return undefined
  if (value.startsWith('@')) {
    return Object.hasOwn(DERIVED, value) ? DERIVED[value]!(delivery) : undefined
  }
  return FIELD_NAME.test(value) ? delivery.headers.get(value)?.trim() : undefined
}

/** Lower case, without the port that goes without saying. */
function authorityOf({ url }: Delivery): string {
  const [, scheme, authority] = /^(https?):\/\/(?:[^/?#]*@)?([^/?#]*)/i.exec(url) ?? []
  const usual = scheme?.toLowerCase() === 'https' ? /:443$/ : /:80$/
  return (authority ?? '').toLowerCase().replace(usual, '')
}

/** With the question mark; empty if there is none. */
export function queryOf(url: string): string {
  const at = url.indexOf('?')
  return at < 0 ? '' : url.slice(at)
}

type ReadQuery = (parameters: Item['parameters']) => string | undefined

/**
 * Section 2.2.8: parsed as a form is, and encoded anew. One that comes twice has no value. The query is taken
 * apart once for all components: anyone can name as many as fit into the header.
 */
function queryReader({ url }: Delivery): ReadQuery {
  let values: ReadonlyMap<string, string | undefined> | undefined
  return (parameters) => {
    const name = parameters.get('name')
    if (typeof name !== 'string' || parameters.size > 1) return undefined
    values ??= readParameters(queryOf(url))
    return values.get(name)
  }
}

function readParameters(query: string): ReadonlyMap<string, string | undefined> {
  const values = new Map<string, string | undefined>()
  for (const [key, value] of new URLSearchParams(query)) {
    const name = escapeForm(key)
    values.set(name, values.has(name) ? undefined : escapeForm(value))
  }
  return values
}

const escapeForm = (text: string) =>
  encodeURIComponent(text).replace(
    /[!'()~]/g,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
  )
