import {
  createWebhookHandler,
  defineProvider,
  type HeaderFields,
  type Scheme,
} from 'webhook-target'

export interface Attempt {
  readonly body?: string | Uint8Array
  readonly headers?: Readonly<Record<string, string>>
  /** @default https://hooks.example.com/in */
  readonly url?: string
  readonly method?: string
  /** Seconds since 1970. @default NOW */
  readonly now?: number
  /** What `mount` has found in the path. */
  readonly params?: Readonly<Record<string, string>>
}

export interface Verdict {
  readonly status: number
  /** The place of the secret that matched; absent if no effect ran. */
  readonly secret?: number
  /** Absent if an effect ran. */
  readonly code?: string
}

export const NOW = 1_700_000_000

/**
 * What an endpoint with this scheme makes of a request. Goes in by the door for parts, which takes header
 * values as they come: a Fetch `Request` would refuse some, and trim others.
 */
export async function attempt(verify: Scheme, request: Attempt): Promise<Verdict> {
  const { body = '{}', method = 'POST', url = 'https://hooks.example.com/in', now = NOW } = request
  const { origin } = new URL(url)
  let secret: number | undefined
  let code: string | undefined
  const handler = createWebhookHandler({
    provider: defineProvider({ name: 'sender', verify }),
    on: { '*': (event) => void (secret = event.secret) },
    dedupe: false,
    clock: () => now * 1000,
    telemetry: { onDelivery: ({ error }) => (code = error?.code) },
  })
  const { status } = await handler.receive(
    {
      method,
      origin,
      target: url.slice(origin.length) || '/',
      headers: fieldsOf(request.headers ?? {}),
      readBody: () => (typeof body === 'string' ? new TextEncoder().encode(body) : body),
    },
    request.params && { route: { pattern: '/:tenant', params: request.params } },
  )
  return {
    status,
    ...(secret !== undefined && { secret }),
    ...(code !== undefined && { code }),
  }
}

function fieldsOf(headers: Readonly<Record<string, string>>): HeaderFields {
  const entries = Object.entries(headers).map(
    ([name, value]) => [name.toLowerCase(), value] as const,
  )
  const byName = new Map(entries)
  return {
    get: (name) => byName.get(name) ?? null,
    *[Symbol.iterator]() {
      yield* entries.map(([name, value]): [string, string] => [name, value])
    },
  }
}

export const accepted = (secret = 0): Verdict => ({ status: 200, secret })
export const refused = (code: string): Verdict => ({ status: 401, code })
