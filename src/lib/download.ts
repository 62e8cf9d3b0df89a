/** A small document from a fixed place, within a time, a size and a place that can't be left. */
import { concat } from './bytes.ts'

/** The part of `fetch` in use. */
export type Fetch = (url: string, init: FetchInit) => Promise<Response>

export interface FetchInit {
  readonly method: 'GET'
  readonly headers: Readonly<Record<string, string>>
  readonly redirect: 'manual'
  readonly signal: AbortSignal
}

export interface DownloadOptions {
  /** @default the platform's, looked up at each call */
  readonly fetch?: Fetch | undefined
  readonly headers?: Readonly<Record<string, string>> | undefined
  readonly timeoutMs: number
  readonly maxBytes: number
}

export interface Downloaded {
  readonly status: number
  readonly body: Uint8Array
  readonly contentType: string | null
}

/**
 * Fetches a document, whatever its status. A redirect is a status like any other: it is not followed.
 * `redirect: 'manual'` and not `'error'`, because Workers refuse the latter before they send anything.
 *
 * @throws {Error} if it takes too long, is too large or the network fails
 */
export async function download(url: string, options: DownloadOptions): Promise<Downloaded> {
  const { timeoutMs, maxBytes, headers = {} } = options
  const fetch = options.fetch ?? ((to, init) => globalThis.fetch(to, init))
  const controller = new AbortController()
  const { signal } = controller

  async function read(): Promise<Downloaded> {
    const response = await fetch(url, { method: 'GET', headers, redirect: 'manual', signal })
    if (response.redirected) throw new Error('a redirect was followed')
    const body = await readBody(response, maxBytes)
    return { status: response.status, body, contentType: response.headers.get('content-type') }
  }

  // A fetch of the user's own may not heed the signal.
  try {
    return await within(timeoutMs, read())
  } catch (error) {
    controller.abort(error)
    throw error
  }
}

/** Settles as `work` does, or rejects once the time is up. */
export function within<Value>(ms: number, work: Promise<Value>): Promise<Value> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`no answer within ${ms} ms`)), ms)
    void work.then(resolve, reject).finally(() => clearTimeout(timer))
  })
}

async function readBody(response: Response, maxBytes: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  let length = 0
  const reader = response.body?.getReader()
  for (;;) {
    const { done, value } = (await reader?.read()) ?? { done: true, value: undefined }
    if (done) return concat(chunks)
    length += value.length
    if (length > maxBytes) {
      void reader?.cancel().catch(() => undefined)
      throw new Error(`the document is longer than ${maxBytes} bytes`)
    }
    chunks.push(value)
  }
}
