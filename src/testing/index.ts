import { configurationError } from '../errors.ts'
import { encodeUtf8 } from '../lib/bytes.ts'
import type { OutgoingMessage, Provider, SignOptions } from '../types.ts'

export { engineConformance } from './engines.ts'
export type { ConformanceCase, EngineSubject } from './engines.ts'
export { meaningOfAnswer } from './meaning.ts'
export type { AnswerMeaning } from './meaning.ts'

/** What a sender sends, before it is signed. */
export interface Message {
  /** @default POST */
  readonly method?: string
  /** As entered at the sender, credentials included. @default https://example.com/ */
  readonly url?: string
  readonly headers?: Readonly<Record<string, string>>
  /** Text and bytes go as they are; anything else as JSON, with its content type unless `headers` has one. */
  readonly body: unknown
}

/**
 * Signs a message as the sender would: what comes out passes the verification of the same provider.
 *
 * @param options.now milliseconds since 1970, @default the time of the system
 * @param options.privateKey for senders that are verified with a public key
 * @throws {TypeError} `ERR_OPTION_INVALID` if only the sender can sign, or the secret is a function
 * @example
 * const request = await sign(github({ secret }), {
 *   headers: { 'x-github-event': 'push', 'x-github-delivery': '1' },
 *   body: { ref: 'refs/heads/main' },
 * })
 * const response = await handler(request)
 */
export async function sign(
  provider: Pick<Provider, 'name' | 'verify'>,
  message: Message,
  options: Partial<SignOptions> = {},
): Promise<Request> {
  if (!provider.verify.sign) {
    throw configurationError('ERR_OPTION_INVALID', `Only ${provider.name} itself can sign`)
  }
  const signed = await provider.verify.sign(toOutgoing(message), { now: Date.now(), ...options })
  const { method, url, headers, body } = signed
  // Fetch refuses credentials in a URL; to the receiver they are no part of it anyway.
  return new Request(url.replace(/\/\/[^/?#]*@/, '//'), { method, headers, body: body as BodyInit })
}

function toOutgoing(message: Message): OutgoingMessage {
  const { method = 'POST', url = 'https://example.com/', body } = message
  const headers = Object.fromEntries(
    Object.entries(message.headers ?? {}).map(([name, value]) => [name.toLowerCase(), value]),
  )
  if (typeof body === 'string') return { method, url, headers, body: encodeUtf8(body) }
  if (body instanceof Uint8Array) return { method, url, headers, body }
  return {
    method,
    url,
    headers: { 'content-type': 'application/json', ...headers },
    body: encodeUtf8(JSON.stringify(body)),
  }
}
