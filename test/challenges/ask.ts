/** Asks an endpoint with challenges, and tells what it answered. */
import { createHmac } from 'node:crypto'
import { createWebhookHandler, defineProvider, type Challenge } from 'webhook-target'
import { hmac } from 'webhook-target/schemes/hmac'
import { expect, test } from 'vitest'

export const SECRET = 'It is a secret to everybody'
export const sign = (content: string, secret = SECRET) =>
  createHmac('sha256', secret).update(content).digest('hex')

interface Question {
  readonly method?: string
  readonly query?: string
  readonly body?: string
  /** The secret to sign with. */
  readonly secret?: string
  readonly headers?: Readonly<Record<string, string>>
}

/** What an endpoint with these challenges answers, and whether it took the question for an event. */
export async function ask(challenges: readonly Challenge[], question: Question) {
  const { method = 'POST', query = '', body, secret, headers } = question
  let isEvent = false
  const handler = createWebhookHandler({
    provider: defineProvider({
      name: 'sender',
      verify: hmac({ secret: [SECRET, 'older'], header: 'x-signature' }),
      challenges,
    }),
    on: { '*': () => void (isEvent = true) },
    telemetry: {},
  })
  const response = await handler(
    new Request(`https://hooks.example.com/in${query}`, {
      method,
      headers: {
        'content-type': 'application/json',
        ...(secret !== undefined && { 'x-signature': sign(body ?? '', secret) }),
        ...headers,
      },
      ...(body !== undefined && { body }),
    }),
  )
  return { response, isEvent, status: response.status, text: await response.text() }
}

export interface Case extends Question {
  readonly name: string
  readonly status: number
  readonly text?: string
  readonly isEvent?: boolean
}

export function table(challenge: Challenge, cases: readonly Case[]): void {
  test.each(cases)(
    '$name: $status',
    async ({ status, text = '', isEvent = false, ...question }) => {
      const answer = await ask([challenge], question)
      expect(answer).toMatchObject({ status, text, isEvent })
    },
  )
}

/** What a page or a signer could be made of; each is refused wherever a challenge is given back. */
export const TRICKS = [
  { name: 'markup', token: '<script>alert(1)</script>' },
  { name: 'a line break', token: 'a\r\nset-cookie: a=b' },
  { name: 'JSON', token: '{"type":"forged"}' },
  { name: 'a colon', token: 'v0:1700000000:x' },
  { name: 'a space', token: 'a b' },
  { name: 'beyond ASCII', token: '\u00e4' },
  { name: 'a null byte', token: 'a\0' },
  { name: 'nothing', token: '' },
  { name: 'too long', token: 'a'.repeat(513) },
]
