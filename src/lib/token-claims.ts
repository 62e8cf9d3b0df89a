/** What the claims of a token have to say (RFC 7519, section 4.1), once its signature is known to be right. */
import type { Delivery } from '../delivery.ts'
import { configurationError, WebhookError } from '../errors.ts'
import { notNegative, positive } from './options.ts'

export type Claims = Readonly<Record<string, unknown>>

export interface ClaimOptions {
  /** Who the token has to be of, `iss`: any of them. @default any issuer whose key it is */
  readonly issuer?: string | readonly string[]
  /**
   * Who the token has to be for, `aud`: any of them, or what they are for one request. With `false` anybody
   * who gets a token of the same sender, for whatever purpose, can call the endpoint with it.
   */
  readonly audience:
    | string
    | readonly string[]
    | false
    | ((head: Delivery) => string | readonly string[])
  /** What else has to hold of the claims: returns what is wrong with them, for the log. */
  readonly claims?: (claims: Claims) => string | undefined
  /** Seconds by which the clocks may differ. @default 60 */
  readonly clockToleranceSeconds?: number
  /**
   * Seconds for which a token is still good past its end or `maxAgeSeconds`, for senders whose tokens are not
   * to be taken for longer than they say.
   *
   * @default clockToleranceSeconds
   */
  readonly lateToleranceSeconds?: number
  /** Whether the token has to say when it expires. @default true */
  readonly requireExpiry?: boolean
  /** Seconds for which a token is good after it was issued, whatever it says itself. @default no limit */
  readonly maxAgeSeconds?: number
}

export interface ClaimRules {
  /** What is in the token, whatever request it comes with. */
  checkContent(claims: Claims): void
  /** What depends on the request and on its time. */
  checkRequest(claims: Claims, head: Delivery): void
}

/** @throws {TypeError} `ERR_OPTION_INVALID` */
export function claimRules(options: ClaimOptions): ClaimRules {
  const { issuer, audience, claims: findFault, requireExpiry = true, maxAgeSeconds } = options
  const tolerance = notNegative('clockToleranceSeconds', options.clockToleranceSeconds, 60)
  const late = notNegative('lateToleranceSeconds', options.lateToleranceSeconds, tolerance)
  const maxAge = positive('maxAgeSeconds', maxAgeSeconds, Infinity)
  const issuers = issuer === undefined ? undefined : toList('issuer', issuer)
  if (audience !== false && typeof audience !== 'function') toList('audience', audience)

  function checkContent(claims: Claims): void {
    if (issuers && !issuers.includes(claims['iss'] as string)) {
      throw refused(`of another issuer than ${issuers.join(' or ')}`)
    }
    const fault = findFault?.(claims)
    if (fault !== undefined) throw refused(`not acceptable: ${fault}`)
  }

  function checkRequest(claims: Claims, head: Delivery): void {
    checkTimes(claims, head.receivedAt / 1000)
    if (audience === false) return
    const expected = typeof audience === 'function' ? audience(head) : audience
    const named = claims['aud']
    const isFor = (one: string) =>
      one !== '' && (Array.isArray(named) ? named.includes(one) : named === one)
    if (typeof expected === 'string' ? isFor(expected) : expected.some(isFor)) return
    throw refused('for another audience; is the one that is configured what the sender is set to?')
  }

  function checkTimes(claims: Claims, now: number): void {
    const expiry = readTime(claims, 'exp', requireExpiry)
    const start = readTime(claims, 'nbf', false)
    const issued = readTime(claims, 'iat', maxAge < Infinity)
    if (expiry !== undefined && now >= expiry + late) {
      throw outside(`expired ${Math.round(now - expiry)} s ago`)
    }
    if (start !== undefined && start > now + tolerance) {
      throw outside(`is not good for another ${Math.round(start - now)} s`)
    }
    if (issued === undefined) return
    if (issued > now + tolerance) throw outside(`is from ${Math.round(issued - now)} s ahead`)
    if (now - issued > maxAge + late) {
      throw outside(`is ${Math.round(now - issued)} s old, ${maxAge} s are allowed`)
    }
  }

  return { checkContent, checkRequest }
}

function toList(name: string, value: string | readonly string[] | undefined): readonly string[] {
  const list = typeof value === 'string' ? [value] : (value ?? [])
  if (list.length > 0 && list.every((one) => typeof one === 'string' && one !== '')) return list
  const remedy = name === 'audience' ? ', or false for a sender whose tokens name none' : ''
  throw configurationError('ERR_OPTION_INVALID', `${name} is a text or a list of texts${remedy}`)
}

/** Seconds since 1970, with fractions if the sender likes. */
function readTime(claims: Claims, name: string, required: boolean): number | undefined {
  const value = claims[name]
  if (value === undefined && !required) return undefined
  if (value === undefined) {
    throw new WebhookError('ERR_TIMESTAMP_MISSING', `The token has no ${name}`)
  }
  // JSON.parse makes infinity of 1e999.
  if (typeof value === 'number' && Number.isFinite(value)) return value
  throw new WebhookError('ERR_TIMESTAMP_MALFORMED', `The ${name} of the token is not a number`)
}

const outside = (what: string) =>
  new WebhookError(
    'ERR_TIMESTAMP_OUTSIDE_TOLERANCE',
    `The token ${what}; it is a replay, or a clock is wrong`,
  )

export const refused = (what: string): WebhookError =>
  new WebhookError('ERR_TOKEN_REFUSED', `The token is genuine, but ${what}`)
