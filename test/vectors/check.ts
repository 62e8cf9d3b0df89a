import { createWebhookHandler, type Provider, type WebhookError } from 'webhook-target'
import { configure } from './configure.ts'
import type { ExpectedResponse, Vector } from './vector.ts'

export type Verdict =
  | { readonly kind: 'passed' }
  | { readonly kind: 'failed' | 'skipped'; readonly reason: string }

/** Sends the request of a vector to its provider and holds what comes of it against the vector. */
export async function check(vector: Vector): Promise<Verdict> {
  try {
    const outcome = await deliver(vector)
    if (!outcome) return { kind: 'skipped', reason: `No provider ${vector.provider} yet` }
    const reasons = [...compareVerdict(vector, outcome), ...compareResponse(vector, outcome)]
    if (reasons.length === 0) return { kind: 'passed' }
    const cause = outcome.error ? ` (${outcome.error.code}: ${outcome.error.message})` : ''
    return { kind: 'failed', reason: reasons.join('; ') + cause }
  } catch (error) {
    return { kind: 'failed', reason: error instanceof Error ? error.message : String(error) }
  }
}

interface Outcome {
  readonly status: number
  readonly headers: Headers
  readonly body: string
  /** How many events an effect has worked on. */
  readonly worked: number
  readonly error: WebhookError | undefined
}

async function deliver(vector: Vector): Promise<Outcome | undefined> {
  const configured = configure(vector)
  if (!configured) return undefined
  const { url, publicUrl } = addressOf(vector.request.url, configured.publicUrl)
  const onlySignature = vector.level === 'signature'
  let worked = 0
  let error: WebhookError | undefined
  const handler = createWebhookHandler({
    provider: onlySignature ? withoutContent(configured.provider) : configured.provider,
    on: {
      '*'(event) {
        // An event of the sender can be read, not just verified.
        if (!onlySignature) JSON.stringify([event.type, event.id, event.timestamp, event.data])
        worked++
      },
    },
    dedupe: false,
    ...(publicUrl !== undefined && { publicUrl }),
    ...(vector.now != null && { clock: () => vector.now! * 1000 }),
    telemetry: { onDelivery: (report) => (error = report.error) },
  })
  const response = await handler(toRequest(vector, url))
  const { status, headers } = response
  return { status, headers, body: await response.text(), worked, error }
}

/** What is left when only verification is meant. */
function withoutContent({ name, verify, acknowledge = {} }: Provider): Provider {
  return { name, verify, acknowledge }
}

/** A `Request` holds neither credentials nor an odd spelling in its URL: `publicUrl` brings what was called. */
function addressOf(called: string, configured: string | undefined) {
  const url = new URL(called)
  url.username = url.password = ''
  const publicUrl = configured ?? (url.href === called ? undefined : called)
  return { url: url.href, publicUrl: publicUrl?.replace(/\?.*$/s, '') }
}

function toRequest({ request }: Vector, url: string): Request {
  const { method, headers, bodyBase64 } = request
  const body = Buffer.from(bodyBase64 ?? '', 'base64')
  const bodiless = method === 'GET' || method === 'HEAD'
  if (bodiless && body.length > 0) throw new Error(`A ${method} can't have a body here`)
  const made = new Request(url, { method, headers, ...(!bodiless && { body }) })
  if (body.length > 0 && !hasHeader(headers, 'content-type')) made.headers.delete('content-type')
  const lost = Object.keys(headers).filter((name) => !made.headers.has(name))
  if (lost.length > 0) throw new Error(`A Request can't carry ${lost.join(', ')}`)
  return made
}

const hasHeader = (headers: Readonly<Record<string, string>>, name: string) =>
  Object.keys(headers).some((key) => key.toLowerCase() === name)

function* compareVerdict({ expect }: Vector, { status, worked }: Outcome): Iterable<string> {
  const succeeded = status >= 200 && status <= 299
  const refused = status >= 400 && status <= 499
  if (expect === 'accept' && worked === 0) yield 'No effect ran'
  if (expect !== 'accept' && worked > 0) yield 'An effect ran'
  if (expect === 'reject' && !refused) yield `Expected a refusal, got ${status}`
  if (expect !== 'reject' && !succeeded) yield `Expected success, got ${status}`
}

/** Each yields how the answer differs from what is expected of it. */
const COMPARISONS: {
  readonly [Key in keyof ExpectedResponse]-?: (
    expected: NonNullable<ExpectedResponse[Key]>,
    outcome: Outcome,
  ) => Iterable<string>
} = {
  *status(expected, { status }) {
    const allowed = [expected].flat()
    if (!allowed.includes(status)) yield `Expected status ${allowed.join(' or ')}, got ${status}`
  },
  *bodyIncludes(expected, { body }) {
    if (!body.includes(expected)) yield `Expected ${expected} in the body, got ${body}`
  },
  *bodyExact(expected, { body }) {
    if (body !== expected) yield `Expected the body ${expected}, got ${body}`
  },
  bodyNote: () => [],
  *headers(expected, { headers }) {
    for (const [name, value] of Object.entries(expected)) {
      const got = headers.get(name)
      // A content type may come with a charset where none is asked for.
      const bare = name.toLowerCase() === 'content-type' && !value.includes(';')
      const comparable = bare ? got?.split(';', 1)[0]!.trim() : got
      if (comparable !== value) yield `Expected ${name}: ${value}, got ${got}`
    }
  },
  *noSetCookie(expected, { headers }) {
    if (expected && headers.has('set-cookie')) yield 'Expected no Set-Cookie'
  },
}

function* compareResponse({ response }: Vector, outcome: Outcome): Iterable<string> {
  for (const [key, expected] of Object.entries(response ?? {})) {
    if (!Object.hasOwn(COMPARISONS, key)) yield `Unknown expectation ${key}`
    else if (expected !== null) yield* COMPARISONS[key as 'bodyExact'](expected as string, outcome)
  }
}
