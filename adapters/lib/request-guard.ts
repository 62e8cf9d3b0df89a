/** What a request line and its Host may look like. node:http lets more through than a URL can hold. */
import type { IncomingMessage } from 'node:http'
import type { HeaderFields } from '../../src/types.ts'

/** A name, an IPv4 address or an IPv6 one in brackets, and a port (RFC 9110, section 7.2). */
const AUTHORITY = /^(?:[A-Za-z0-9._-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])(?::\d{1,5})?$/
/** The origin form of a target (RFC 9112, section 3.2.1): a path and a query in visible ASCII. */
const TARGET = /^\/[\x21\x22\x24-\x7e]*$/

/** Whether the target is a path and there is one Host that names one. */
export function isWellFormed(
  message: Pick<IncomingMessage, 'url'>,
  headers: HeaderFields,
): boolean {
  return (
    TARGET.test(message.url ?? '') &&
    isAuthority(headers.get('host')) &&
    !headers.repeated?.('host')
  )
}

export function isAuthority(host: string | null): host is string {
  return host !== null && AUTHORITY.test(host)
}
