/** Which URLs may be fetched: a request that names one could otherwise send us anywhere. */

export interface PinnedUrls {
  /** Host names: exact ones in lower case, or patterns that hold for the whole name. */
  readonly hosts: readonly (string | RegExp)[]
  /** Holds for the whole path. @default any path */
  readonly path?: RegExp
  /** Whether a query may follow. @default false */
  readonly query?: boolean
}

/** Longer ones are of no sender. */
const MAX_LENGTH = 2048

/**
 * The URL if it is https, on the default port of an allowed host, without credentials and fragment, and
 * spelled as the parser would spell it; so that what was looked at is what is called.
 */
export function pinnedUrl(text: unknown, pins: PinnedUrls): string | undefined {
  if (typeof text !== 'string' || text.length > MAX_LENGTH || !URL.canParse(text)) return undefined
  const { host, pathname, search } = new URL(text)
  const fits =
    // The default port is no part of it, any other is.
    pins.hosts.some((known) => holds(known, host)) &&
    (pins.path === undefined || holds(pins.path, pathname))
  // So there is nothing else in it, not even the question mark of an empty query.
  const whole = `https://${host}${pathname}${pins.query ? search : ''}`
  return fits && whole === text ? text : undefined
}

/** Whole, whether or not the pattern is anchored. */
function holds(known: string | RegExp, text: string): boolean {
  if (typeof known === 'string') return known === text
  const { source, flags } = known
  return new RegExp(`^(?:${source})$`, flags.replace(/[gmy]/g, '')).test(text)
}
