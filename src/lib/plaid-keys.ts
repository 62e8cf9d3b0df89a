/** Plaid's keys: an authenticated call for each id, in place of a document that anyone can read. */
import { WebhookError } from '../errors.ts'
import { decodeUtf8 } from './bytes.ts'
import type { Fetch, FetchInit } from './download.ts'
import {
  createKeyDirectory,
  type DownloadSettings,
  type KeyDirectory,
  type PublishedKey,
} from './key-directory.ts'
import { readMember } from './member.ts'
import { publicKeyOfJwk, type Jwk } from './public-key.ts'

/** The part of `fetch` in use. */
export type PlaidFetch = (url: string, init: PlaidFetchInit) => Promise<Response>

export interface PlaidFetchInit extends Omit<FetchInit, 'method'> {
  readonly method: 'POST'
  readonly body: string
}

export interface PlaidDownloadSettings extends Omit<DownloadSettings, 'fetch'> {
  /** Calls Plaid, for proxies and tests. It must not follow redirects. @default globalThis.fetch */
  readonly fetch?: PlaidFetch
}

export interface PlaidKeysOptions {
  /** Where the keys of an environment are asked for. */
  readonly url: string
  readonly clientId: string
  readonly secret: string
  readonly download?: PlaidDownloadSettings
}

/** Calls a minute at most: anyone can make up ids, and Plaid counts what we ask. A rotation takes one. */
const MAX_CALLS = 30
const MINUTE_MS = 60_000

/** What the directory tells keys apart by; the call itself has the id in its body. */
const ID_PARAMETER = 'key_id'

export function plaidKeys(options: PlaidKeysOptions): KeyDirectory<Jwk> {
  const { url, download } = options
  const { host, pathname } = new URL(url)
  const directory = createKeyDirectory<Jwk>({
    ...download,
    fetch: askPlaid(options),
    urls: { hosts: [host], path: new RegExp(pathname), query: true },
    absence: 'unknown',
    parse: readKey,
  })
  return {
    find({ kid }) {
      if (kid !== undefined && /^[\w-]{1,100}$/.test(kid)) {
        return directory.find({ url: `${url}?${ID_PARAMETER}=${kid}`, kid })
      }
      throw new WebhookError('ERR_KEY_UNKNOWN', 'The token names no key that Plaid could have')
    },
  }
}

/** Asks as Plaid wants to be asked, and says of an unknown id what a document that is not there would. */
function askPlaid({ url, clientId, secret, download }: PlaidKeysOptions): Fetch {
  const call: PlaidFetch = download?.fetch ?? ((to, init) => globalThis.fetch(to, init))
  const admit = callsPerMinute()
  return async (asked, { headers, redirect, signal }) => {
    admit()
    const keyId = new URL(asked).searchParams.get(ID_PARAMETER)
    const response = await call(url, {
      method: 'POST',
      headers: { ...headers, 'content-type': 'application/json' },
      body: JSON.stringify({ client_id: clientId, secret, key_id: keyId }),
      redirect,
      signal,
    })
    if (response.status !== 400) return response
    const error: unknown = await response.json()
    const isUnknown = readMember(error, ['error_code']) === 'INVALID_WEBHOOK_VERIFICATION_KEY_ID'
    return new Response(null, { status: isUnknown ? 404 : 400 })
  }
}

function callsPerMinute(): () => void {
  let calls: readonly number[] = []
  return () => {
    const now = performance.now()
    calls = calls.filter((at) => now - at < MINUTE_MS)
    if (calls.length >= MAX_CALLS) throw new Error(`${MAX_CALLS} keys were asked for in a minute`)
    calls = [...calls, now]
  }
}

/** A key that has expired is kept under no id, so that it takes the place of itself and is never found. */
function readKey(body: Uint8Array): readonly PublishedKey<Jwk>[] {
  const found: unknown = JSON.parse(decodeUtf8(body))
  const key = readMember(found, ['key'])
  const [kid, expiredAt] = ['kid', 'expired_at'].map((name) => readMember(key, [name]))
  if (typeof kid !== 'string') throw new Error('the answer holds no key')
  publicKeyOfJwk(key as Jwk) // throws if it can't be used
  return [{ kid: typeof expiredAt === 'number' ? undefined : kid, key: key as Jwk }]
}
