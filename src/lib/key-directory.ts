/** Public keys that a sender publishes at a URL: downloaded, kept for a while, found by their id. */
import { configurationError, isWebhookError, messageOf, WebhookError } from '../errors.ts'
import type { Awaitable } from '../types.ts'
import { download, within, type Fetch } from './download.ts'
import { notNegative, positive } from './options.ts'
import { pinnedUrl, type PinnedUrls } from './pinned-url.ts'

/** Which keys are looked for. */
export interface KeyQuery {
  /** Where they are published. */
  readonly url: string
  /** The id of the one key; all keys of the URL without it. */
  readonly kid?: string | undefined
  /**
   * Whether to look for newer keys first, because none of the known ones fits. They are downloaded once in
   * `negativeTtlSeconds`, as for an unknown id.
   *
   * @default false
   */
  readonly renew?: boolean
}

export interface KeyDirectory<Key> {
  /**
   * At least one key.
   *
   * @throws {WebhookError} `ERR_KEY_UNKNOWN` if the URL is not allowed, or a download that was just made holds
   * no such key; `ERR_SECRET_UNAVAILABLE` if it can't be had, or nothing may be downloaded yet to find out
   */
  find(query: KeyQuery): Awaitable<readonly Key[]>
}

/** A key as it is published. */
export interface PublishedKey<Key> {
  readonly kid: string | undefined
  readonly key: Key
}

/** Reads a downloaded document. Whatever it throws counts as a failed download. */
export type ParseKeys<Key> = (
  body: Uint8Array,
  contentType: string | null,
) => Awaitable<readonly PublishedKey<Key>[]>

/** What a user of a provider with published keys may set. */
export interface DownloadSettings {
  /** Fetches the keys, for proxies and tests. It must not follow redirects. @default globalThis.fetch */
  readonly fetch?: Fetch
  /**
   * Milliseconds a download may take, after which the sender is asked to try again.
   *
   * @default 2000
   */
  readonly timeoutMs?: number
  /** Seconds downloaded keys are used, a day at most. What the server says is not heeded. @default 3600 */
  readonly ttlSeconds?: number
  /**
   * Seconds after a download until the next one for an unknown key id, or after a failed one. Until then
   * the sender is asked to try again, as the key may be a new one.
   *
   * @default 60
   */
  readonly negativeTtlSeconds?: number
  /**
   * Seconds past `ttlSeconds` for which keys are still used while downloads fail. A key that is withdrawn
   * in that time goes on to be trusted; 0 refuses at once.
   *
   * @default 86400
   */
  readonly staleSeconds?: number
}

export interface KeyDirectoryOptions<Key> extends DownloadSettings {
  readonly urls: PinnedUrls
  readonly parse: ParseKeys<Key>
  readonly headers?: Readonly<Record<string, string>>
  /**
   * What it means that there is nothing at the URL (404, 410): no such key, where a request names the URL; the
   * same once two downloads in a row have met with it, where a new key may take a while to appear; or a
   * failed download like any other.
   *
   * @default failed
   */
  readonly absence?: 'unknown' | 'confirmed' | 'failed'
  /** URLs kept at a time, of those that lead to keys and of those that do not. @default 100 */
  readonly maxEntries?: number
  /** @default 65536 */
  readonly maxBytes?: number
  /** Downloads at a time of URLs that have not led to keys so far, as anyone can make them up. @default 8 */
  readonly maxDownloads?: number
  /** A clock in milliseconds that nobody sets. @default performance.now */
  readonly now?: () => number
}

const DAY_SECONDS = 86_400

interface Attempt<Key> {
  readonly startedAt: number
  readonly keys: Promise<readonly PublishedKey<Key>[]>
}

/** What is known of a URL. */
interface Entry<Key> {
  /** Absent as long as no download has brought any. */
  keys?: readonly PublishedKey<Key>[]
  /** When `keys` were asked for. */
  keysAt: number
  /** Whether and why the last download failed, and when. */
  failure?: { readonly cause: unknown; readonly at: number } | undefined
  attempt?: Attempt<Key> | undefined
}

/**
 * A directory of keys. One download of a URL at a time serves all who wait for it. An unknown key id
 * leads to a new download, as keys are rotated, but only once in `negativeTtlSeconds`.
 *
 * @throws {TypeError} `ERR_OPTION_INVALID`
 */
export function createKeyDirectory<Key>(options: KeyDirectoryOptions<Key>): KeyDirectory<Key> {
  const { urls, parse, headers, absence = 'failed', now = () => performance.now() } = options
  if (!urls.hosts.length) throw configurationError('ERR_OPTION_INVALID', 'No host is allowed')
  const ttlMs = 1000 * Math.min(positive('ttlSeconds', options.ttlSeconds, 3600), DAY_SECONDS)
  const retryMs = 1000 * notNegative('negativeTtlSeconds', options.negativeTtlSeconds, 60)
  const staleMs = ttlMs + 1000 * notNegative('staleSeconds', options.staleSeconds, DAY_SECONDS)
  const timeoutMs = positive('timeoutMs', options.timeoutMs, 2000)
  const maxBytes = positive('maxBytes', options.maxBytes, 64 * 1024)
  const maxEntries = positive('maxEntries', options.maxEntries, 100)
  const maxDownloads = positive('maxDownloads', options.maxDownloads, 8)
  /** Apart, so that made-up URLs never drive out real ones. */
  const known = new Map<string, Entry<Key>>()
  const unknown = new Map<string, Entry<Key>>()
  let downloads: readonly number[] = []

  function find({ url, kid, renew = false }: KeyQuery): Awaitable<readonly Key[]> {
    const pinned = pinnedUrl(url, urls)
    if (pinned === undefined) {
      throw new WebhookError(
        'ERR_KEY_UNKNOWN',
        'The URL of the key is none of the sender: only its own hosts and paths are fetched',
      )
    }
    const entry = known.get(pinned) ?? unknown.get(pinned) ?? remember(pinned)
    const age = now() - entry.keysAt
    const found = entry.keys && select(entry.keys, kid)
    if (found?.length && age < ttlMs && !renew) return found
    return refresh(pinned, entry, kid)
  }

  async function refresh(
    url: string,
    entry: Entry<Key>,
    kid: string | undefined,
  ): Promise<readonly Key[]> {
    const before = entry.failure
    const isFresh = isDue(entry)
    if (isFresh) await load(url, entry)
    const usable = entry.keys && now() - entry.keysAt < staleMs ? select(entry.keys, kid) : []
    if (usable.length > 0) return usable
    const { failure = { cause: unknownKey() } } = entry
    // What an earlier download has not found may be there by now.
    const proves = isFresh && (!entry.failure || absence === 'unknown' || isAbsence(before))
    throw proves && isAbsence(failure)
      ? failure.cause
      : unavailable(failure.cause, secondsLeft(entry))
  }

  const triedAt = ({ failure, keys, keysAt }: Entry<Key>) =>
    failure?.at ?? (keys ? keysAt : -Infinity)

  const isDue = (entry: Entry<Key>) =>
    entry.attempt !== undefined || now() - triedAt(entry) >= retryMs

  const secondsLeft = (entry: Entry<Key>) =>
    Math.max(1, Math.ceil((triedAt(entry) + retryMs - now()) / 1000))

  /** Joins the download that runs, or begins one. Its outcome is in the entry afterwards. */
  async function load(url: string, entry: Entry<Key>): Promise<void> {
    const { attempt } = entry
    // Some runtimes drop a request with all it waits for: what it began is then never settled.
    const lost = attempt && now() - attempt.startedAt > 2 * timeoutMs
    const current = attempt && !lost ? attempt : begin(url, entry)
    entry.attempt = current
    try {
      const keys = await within(timeoutMs, current.keys)
      if (entry.attempt !== current) return
      Object.assign(entry, { keys, keysAt: current.startedAt, failure: undefined })
      unknown.delete(url)
      touch(known, url, entry)
    } catch (cause) {
      if (entry.attempt === current) entry.failure = { cause, at: now() }
    } finally {
      if (entry.attempt === current) entry.attempt = undefined
    }
  }

  function begin(url: string, { keys: kept }: Entry<Key>): Attempt<Key> {
    const startedAt = now()
    downloads = downloads.filter((at) => startedAt - at <= 2 * timeoutMs)
    // A URL that has led to keys is no made-up one.
    if (!kept && downloads.length >= maxDownloads) {
      throw unavailable(new Error(`${maxDownloads} downloads are under way`))
    }
    downloads = [...downloads, startedAt]
    const keys = fetchKeys(url).finally(() => {
      const at = downloads.indexOf(startedAt)
      if (at >= 0) downloads = downloads.toSpliced(at, 1)
    })
    return { startedAt, keys }
  }

  async function fetchKeys(url: string): Promise<readonly PublishedKey<Key>[]> {
    const { fetch } = options
    const { status, body, contentType } = await download(url, {
      fetch,
      headers,
      timeoutMs,
      maxBytes,
    })
    assertFound(status, absence)
    const keys = await parse(body, contentType)
    if (keys.length === 0) throw new Error('the document holds no key that can be used')
    return keys
  }

  function remember(url: string): Entry<Key> {
    const entry: Entry<Key> = { keysAt: -Infinity }
    touch(unknown, url, entry)
    return entry
  }

  /** Puts an entry last, and drops the first if there are too many. */
  function touch(map: Map<string, Entry<Key>>, url: string, entry: Entry<Key>): void {
    map.delete(url)
    map.set(url, entry)
    if (map.size > maxEntries) map.delete(map.keys().next().value!)
  }

  return { find }
}

function select<Key>(keys: readonly PublishedKey<Key>[], kid: string | undefined): readonly Key[] {
  const fitting = kid === undefined ? keys : keys.filter((key) => key.kid === kid)
  return fitting.map(({ key }) => key)
}

function assertFound(status: number, absence: 'unknown' | 'confirmed' | 'failed'): void {
  if (status === 200) return
  const text = `the answer has status ${status}`
  if (absence !== 'failed' && (status === 404 || status === 410)) {
    throw new WebhookError('ERR_KEY_UNKNOWN', `The sender has no key at this URL: ${text}`)
  }
  throw new Error(text)
}

const isAbsence = (failure: { readonly cause: unknown } | undefined) =>
  isWebhookError(failure?.cause) && failure.cause.code === 'ERR_KEY_UNKNOWN'

const unknownKey = () =>
  new WebhookError(
    'ERR_KEY_UNKNOWN',
    'The sender publishes no key of the id that is named; another environment, or a forged delivery?',
  )

const unavailable = (cause: unknown, retryAfterSeconds?: number) =>
  new WebhookError('ERR_SECRET_UNAVAILABLE', textOf(cause), {
    cause,
    ...(retryAfterSeconds !== undefined && { retryAfterSeconds }),
  })

const textOf = (cause: unknown) =>
  isAbsence({ cause })
    ? 'The key is none that is known, and only another download, later on, can tell whether it is a new one'
    : `The key of the sender could not be had: ${messageOf(cause)}`
