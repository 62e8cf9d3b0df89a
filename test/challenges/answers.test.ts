/** What holds for the answer to every challenge of every provider: it is short, and no browser runs it. */
import { readdirSync } from 'node:fs'
import { createWebhookHandler } from 'webhook-target'
import { expect, test } from 'vitest'
import { configure } from '../vectors/configure.ts'
import { readVectors, type Vector } from '../vectors/vector.ts'

const folder = `${import.meta.dirname}/../vectors`
const challenges = readdirSync(folder)
  .filter((file) => file.endsWith('.json'))
  .flatMap((file) => readVectors(`${folder}/${file}`))
  .filter(({ expect: verdict }) => verdict === 'challenge')

const MAX_LENGTH = 1024
const INERT = /^(text\/plain|application\/json)\b/

async function answerTo({ request, now, ...vector }: Vector): Promise<Response> {
  const { provider, publicUrl } = configure({ ...vector, request })!
  const handler = createWebhookHandler({
    provider,
    on: {},
    clock: () => (now == null ? Date.now() : now * 1000),
    telemetry: {},
    ...(publicUrl !== undefined && { publicUrl }),
  })
  const { method, headers, url, bodyBase64 } = request
  const body = Buffer.from(bodyBase64 ?? '', 'base64')
  return handler(new Request(url, { method, headers, ...(body.length > 0 && { body }) }))
}

test('there are challenges of many senders', () => {
  expect(new Set(challenges.map(({ provider }) => provider)).size).toBeGreaterThan(15)
})

test.each(challenges.map((vector) => [vector.id, vector] as const))('%s', async (_id, vector) => {
  const answer = await answerTo(vector)
  const body = await answer.text()
  expect(answer.status).toBeLessThan(300)
  expect(body.length).toBeLessThanOrEqual(MAX_LENGTH)
  expect(answer.headers.has('set-cookie')).toBe(false)
  if (body === '') return
  const type = answer.headers.get('content-type')
  expect(type).toMatch(INERT)
  // Text could be taken for something else; JSON never is.
  if (type!.startsWith('text/'))
    expect(answer.headers.get('x-content-type-options')).toBe('nosniff')
})
