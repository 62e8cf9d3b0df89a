/** Forwarded headers, which anyone can send and only some senders may be believed. */
import { BlockList, isIP } from 'node:net'
import type { HeaderFields } from '../../src/types.ts'
import { configurationError } from '../../src/errors.ts'
import { isAuthority } from './request-guard.ts'

/** Where a request comes from and where it went to, as far as that can be believed. */
export interface Forwarded {
  readonly clientAddress: string | undefined
  readonly origin: string
}

export type ReadForwarded = (peer: string | undefined, headers: HeaderFields) => Forwarded

/**
 * Believes `X-Forwarded-For`, `-Proto` and `-Host` of the listed peers alone. Of several values the last
 * counts: it is the one that the nearest proxy added, the others may be the sender's.
 *
 * @param trusted addresses and networks, `10.0.0.0/8`; none by default
 * @throws {TypeError} `ERR_OPTION_INVALID` for what is no address
 */
export function createReadForwarded(trusted: readonly string[] = []): ReadForwarded {
  const list = new BlockList()
  for (const entry of trusted) {
    const [address = '', bits] = entry.split('/')
    const family = isIP(address)
    if (family === 0 || (bits !== undefined && !/^\d{1,3}$/.test(bits))) {
      throw configurationError('ERR_OPTION_INVALID', `${entry} in trustedProxies is no address`)
    }
    const type = family === 6 ? 'ipv6' : 'ipv4'
    if (bits === undefined) list.addAddress(address, type)
    else list.addSubnet(address, Number(bits), type)
  }
  const isTrusted = (peer: string) => list.check(peer, isIP(peer) === 6 ? 'ipv6' : 'ipv4')

  return (peer, headers) => {
    const address = peer?.replace(/^::ffff:(?=\d+\.)/i, '') // an IPv4 peer on an IPv6 socket
    const direct = { clientAddress: address, origin: `http://${headers.get('host')}` }
    if (trusted.length === 0 || address === undefined || !isTrusted(address)) return direct
    const scheme = last(headers.get('x-forwarded-proto'))
    const host = last(headers.get('x-forwarded-host'))
    const client = last(headers.get('x-forwarded-for'))
    return {
      clientAddress: client && isIP(client) ? client : address,
      origin: `${scheme === 'https' ? scheme : 'http'}://${isAuthority(host) ? host : headers.get('host')}`,
    }
  }
}

function last(value: string | null): string | null {
  return value === null ? null : value.slice(value.lastIndexOf(',') + 1).trim()
}
