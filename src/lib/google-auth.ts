/** Access tokens for Google's REST APIs. */
import { messageOf } from '../errors.ts'
import { decodeUtf8 } from './bytes.ts'
import { download, within, type Fetch } from './download.ts'
import { readMember } from './member.ts'

export interface AccessTokenOptions {
  /** Gives a token that is good for a while; has to cache it itself. @default the metadata server's */
  readonly accessToken?: (() => Promise<string>) | undefined
  /** @default globalThis.fetch */
  readonly fetch?: Fetch | undefined
  /** @default 3000 */
  readonly timeoutMs?: number
  /** A clock in milliseconds that nobody sets. @default performance.now */
  readonly now?: () => number
}

export interface AccessTokens {
  /** Rejects if there is none to be had in time. */
  get(): Promise<string>
  /** What was given last was refused: the next is a new one. */
  forget(): void
}

/** Over HTTP: it never leaves the machine. */
const METADATA_URL =
  'http://metadata.google.internal/computeMetadata/v1/instance/service-accounts/default/token'
/** What the metadata server has it keeps until five minutes before its end; asked sooner, it gives that again. */
const RENEW_BEFORE_SECONDS = 225

interface Known {
  readonly value: string
  readonly until: number
}

/**
 * The tokens of the service account that a workload on Google Cloud runs as, from the metadata server; or
 * those of a function. They are kept until shortly before their end, and asked for by one request at a time.
 *
 * @see https://docs.cloud.google.com/compute/docs/access/authenticate-workloads#applications
 */
export function createAccessTokens(options: AccessTokenOptions): AccessTokens {
  const { accessToken, fetch, timeoutMs = 3000, now = () => performance.now() } = options
  let known: Known | undefined
  let asking: { readonly since: number; readonly answer: Promise<Known> } | undefined

  if (accessToken) {
    const given = async () => accessToken()
    return { get: () => within(timeoutMs, given()), forget: () => undefined }
  }

  async function ask(since: number): Promise<Known> {
    const { value, seconds } = await fromMetadata({ fetch, timeoutMs })
    // Of those that are short-lived, half their time.
    const goodSeconds = Math.max(seconds - RENEW_BEFORE_SECONDS, seconds / 2)
    return { value, until: since + goodSeconds * 1000 }
  }

  async function get(): Promise<string> {
    const time = now()
    if (known && time < known.until) return known.value
    // Some runtimes drop a request with all it waits for: what it began is then never settled.
    if (!asking || time - asking.since > 2 * timeoutMs) asking = { since: time, answer: ask(time) }
    const mine = asking
    try {
      known = await within(timeoutMs, mine.answer)
      return known.value
    } finally {
      if (asking === mine) asking = undefined
    }
  }

  return { get, forget: () => void (known = undefined) }
}

async function fromMetadata(options: Pick<AccessTokenOptions, 'fetch'> & { timeoutMs: number }) {
  try {
    const headers = { 'metadata-flavor': 'Google' }
    const { status, body } = await download(METADATA_URL, { ...options, headers, maxBytes: 65_536 })
    if (status !== 200) throw new Error(`the answer has status ${status}`)
    const answer: unknown = JSON.parse(decodeUtf8(body))
    const value = readMember(answer, ['access_token'])
    const seconds = readMember(answer, ['expires_in'])
    if (typeof value === 'string' && value && typeof seconds === 'number') return { value, seconds }
    throw new Error('the answer holds no token')
  } catch (error) {
    throw new Error(
      `The metadata server gave no access token (${messageOf(error)}); outside of Google Cloud give accessToken`,
      { cause: error },
    )
  }
}
