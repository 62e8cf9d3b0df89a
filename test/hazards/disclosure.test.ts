/** What is configured as a secret, and what is made of it, stays in: in every log line and every answer. */
import { createWebhookHandler } from 'webhook-target'
import { sign } from 'webhook-target/testing'
import { afterEach, expect, test, vi } from 'vitest'
import type * as Crypto from '../../src/lib/crypto.ts'
import type * as Secrets from '../../src/lib/secrets.ts'
import type * as Samples from '../providers/sample.ts'
import { withHeaders } from '../providers/deliver.ts'
import { NOW, SAMPLE_URL, SECRET, type Sample } from '../providers/sample.ts'
import { sampleModules } from '../providers/sample-modules.ts'

/** What the providers were given, and the digests they have made of it since. */
const { secrets, digests } = vi.hoisted(() => ({
  secrets: new Set<string>(),
  digests: new Set<string>(),
}))

// Without words, which stand in any message.
vi.mock('../providers/sample.ts', async (original) => ({
  ...(await original<typeof Samples>()),
  SECRET: 'Qx7vKp2mZr9tWb4n',
  OTHER_SECRET: 'hJ5yLc8sDg3fNe6u',
}))
vi.mock('../../src/lib/secrets.ts', async (original) => {
  const real = await original<typeof Secrets>()
  return {
    ...real,
    keyring: ((source, prepare) =>
      real.keyring(source, (secret) => {
        if (typeof secret === 'string') secrets.add(secret)
        return prepare(secret)
      })) satisfies typeof real.keyring,
  }
})
vi.mock('../../src/lib/crypto.ts', async (original) => {
  const real = await original<typeof Crypto>()
  const hmac: typeof real.crypto.hmac = (...key) => {
    const mac = real.crypto.hmac(...key)
    return (...message) => {
      const digest = mac(...message)
      if (typeof digest === 'string') digests.add(digest)
      return digest
    }
  }
  return { ...real, crypto: { ...real.crypto, hmac } }
})

afterEach(() => vi.restoreAllMocks())

/** As many characters give away a part that can be searched for. */
const PART = 8
/** Keys that anyone may have, that of Mandrill's check of a URL among them. */
const isPublic = (secret: string) => /^-----BEGIN PUBLIC KEY|^\{"|^test-webhook$/.test(secret)

/** The parts of one, and the whole of it; without those that are words, which stand in any message. */
const partsOf = (secret: string): readonly string[] => [
  ...(secret.length >= PART ? [secret] : []),
  ...Array.from({ length: Math.max(0, secret.length - PART + 1) }, (_, at) =>
    secret.slice(at, at + PART),
  ).filter((part) => !/^[a-z ]+$/.test(part)),
]

const SAMPLES = [...sampleModules].flatMap(([name, { samples }]) =>
  samples.map((sample) => ({ ...sample, name: [name, sample.variant].filter(Boolean).join(', ') })),
)

function genuine({ provider, message, privateKey }: Sample): Promise<Request> {
  if (!provider.verify.sign) {
    return Promise.resolve(new Request(SAMPLE_URL, { method: 'POST', body: '{}' }))
  }
  const options = { now: NOW * 1000, ...(privateKey && { privateKey }) }
  return sign(provider, { url: SAMPLE_URL, ...message }, options)
}

/** The request itself, and all that is nearly it. */
async function nearlyGenuine(sample: Sample): Promise<readonly Request[]> {
  const request = await genuine(sample)
  const body = await request.clone().text()
  const withBody = (changed: string) =>
    new Request(request.url, { method: 'POST', headers: request.headers, body: changed })
  const withHeader = (name: string) => {
    const value = request.headers.get(name)
    return [
      `${value}x`,
      `x${value}`,
      value?.slice(0, -1),
      value?.toUpperCase(),
      'x',
      undefined,
    ].map((changed) => withHeaders(request.clone(), { [name]: changed }))
  }
  return [
    request.clone(),
    ...sample.provider.verify.headers.flatMap(withHeader),
    withBody(`${body} `),
    withBody(body.slice(1)),
    withBody(body.replace(/\w{9,}/g, (word) => `${word}x`)),
    new Request(`${request.url}x`, { method: 'POST', headers: request.headers, body }),
    new Request(SAMPLE_URL, { method: 'POST', body }),
    new Request(SAMPLE_URL),
  ]
}

test('the secrets of the samples are known', () => {
  expect([...secrets].filter((secret) => !isPublic(secret)).length).toBeGreaterThan(10)
  expect(secrets).toContain(SECRET)
})

test.each(SAMPLES)('$name', async (sample) => {
  const said: string[] = []
  for (const level of ['log', 'info', 'warn', 'error'] as const) {
    vi.spyOn(console, level).mockImplementation((...words) => void said.push(words.join(' ')))
  }
  const send = createWebhookHandler({
    provider: sample.provider,
    on: {
      '*'() {
        throw new Error('the effect failed')
      },
    },
    clock: () => NOW * 1000,
  })
  const requests = await nearlyGenuine(sample)
  digests.clear()
  for (const request of requests) {
    const answer = await send(request)
    said.push(JSON.stringify([...answer.headers]), await answer.text())
  }
  const text = said.join('\n')
  expect(text).toContain('the effect failed')
  const hidden = [...secrets, ...digests].filter((secret) => !isPublic(secret)).flatMap(partsOf)
  expect(hidden.filter((part) => text.includes(part))).toEqual([])
})
