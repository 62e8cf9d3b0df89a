/** Calls of Google's REST APIs, within a time. */
import { configurationError } from '../errors.ts'
import { createAccessTokens } from './google-auth.ts'
import { readMember } from './member.ts'
import { timerMs } from './timer-options.ts'

/** The part of `fetch` in use. It must not follow redirects. */
export type GoogleFetch = (url: string, init: GoogleFetchInit) => Promise<Response>

export interface GoogleFetchInit {
  readonly method: 'GET' | 'POST'
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string
  readonly redirect: 'manual'
  readonly signal: AbortSignal
}

/** What the user of an API may set. */
export interface GoogleApiOptions {
  /** Another origin of the API: of a region, or of an emulator. Without TLS none but your own token is sent there. */
  readonly endpoint?: string
  /**
   * Gives an access token, as `google-auth-library` does; called for each request.
   *
   * @default that of the metadata server, for the service account the workload runs as
   */
  readonly accessToken?: () => Promise<string>
  /** For proxies and tests. It must not follow redirects. @default globalThis.fetch */
  readonly fetch?: GoogleFetch
  /** Seconds a call may take in all, with the token and a second try. @default 10 */
  readonly timeoutSeconds?: number
}

export interface GoogleAnswer {
  readonly status: number
  /** Of JSON; `undefined` if it is none. */
  readonly body: unknown
}

export interface GoogleApi {
  /** Rejects if there is no answer in time, or once the signal aborts. Any status is an answer. */
  post(path: string, body: unknown, signal?: AbortSignal): Promise<GoogleAnswer>
}

/** @throws {TypeError} `ERR_OPTION_INVALID` */
export function createGoogleApi(origin: string, options: GoogleApiOptions): GoogleApi {
  const { accessToken, endpoint = origin } = options
  const fetch: GoogleFetch = options.fetch ?? ((url, init) => globalThis.fetch(url, init))
  const base = endpoint.replace(/\/$/, '')
  if (!/^https?:\/\/[^/?#]+$/.test(base)) {
    throw configurationError('ERR_OPTION_INVALID', `endpoint is an origin, as ${origin}`)
  }
  const timeoutMs = timerMs('timeoutSeconds', options.timeoutSeconds, 10)
  const tokens =
    accessToken || base.startsWith('https:')
      ? createAccessTokens({ accessToken, fetch: options.fetch })
      : undefined

  function post(path: string, body: unknown, outer?: AbortSignal): Promise<GoogleAnswer> {
    const text = JSON.stringify(body)
    const limit = AbortSignal.timeout(timeoutMs)
    const signal = outer ? AbortSignal.any([limit, outer]) : limit

    async function send(): Promise<GoogleAnswer> {
      const headers = {
        'content-type': 'application/json',
        ...(tokens && { authorization: `Bearer ${await tokens.get()}` }),
      }
      const request = { method: 'POST', headers, body: text, redirect: 'manual', signal } as const
      const response = await orOnceMore(() => fetch(base + path, request), signal)
      return { status: response.status, body: parse(await response.text()) }
    }
    async function sendWithNewToken(): Promise<GoogleAnswer> {
      const answer = await send()
      if (answer.status !== 401 || !tokens) return answer
      tokens.forget()
      return send()
    }
    // A fetch of the user's own may not heed the signal.
    return untilAborted(signal, sendWithNewToken())
  }
  return { post }
}

/** A process that was frozen, as those on Cloud Run are, finds its connections closed at the first use. */
async function orOnceMore<Value>(run: () => Promise<Value>, signal: AbortSignal): Promise<Value> {
  try {
    return await run()
  } catch (error) {
    if (signal.aborted) throw error
    return run()
  }
}

function untilAborted<Value>(signal: AbortSignal, work: Promise<Value>): Promise<Value> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(new Error('No answer in time', { cause: signal.reason }))
    if (signal.aborted) abort()
    signal.addEventListener('abort', abort)
    void work.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort))
  })
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

export const isSuccess = ({ status }: GoogleAnswer): boolean => status >= 200 && status < 300

/** `ALREADY_EXISTS` and the like; a status of HTTP stands for several of them. */
export const errorStatus = ({ body }: GoogleAnswer): unknown =>
  readMember(body, ['error', 'status'])

/** What to throw for an answer that is no success. */
export function failure(name: string, answer: GoogleAnswer): Error {
  const message = readMember(answer.body, ['error', 'message'])
  const details = typeof message === 'string' ? `: ${message.slice(0, 300)}` : ''
  return new Error(`${name} answered ${answer.status}${details}`)
}
