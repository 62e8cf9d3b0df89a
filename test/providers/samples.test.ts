/** What holds for every provider, by what its sender sends and what is made of it on the way. */
import {
  createWebhookHandler,
  drop,
  reply,
  retry,
  type Outcome,
  type Provider,
  type WebhookEvent,
} from 'webhook-target'
import { sign } from 'webhook-target/testing'
import * as fc from 'fast-check'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { receive, withHeaders } from './deliver.ts'
import { NOW, SAMPLE_URL, type Sample } from './sample.ts'
import { sampleModules } from './sample-modules.ts'

const SAMPLES = [...sampleModules].flatMap(([name, { samples }]) =>
  samples.map((sample) => ({ ...sample, name: [name, sample.variant].filter(Boolean).join(', ') })),
)
const SIGNED = SAMPLES.filter(({ unsigned }) => unsigned === undefined)

const runs = { numRuns: 20 }

afterEach(() => void vi.useRealTimers())

function signed({ provider, message, privateKey }: Sample): Promise<Request> {
  const options = { now: NOW * 1000, ...(privateKey && { privateKey }) }
  return sign(provider, { url: SAMPLE_URL, ...message }, options)
}

/** The same request with another body. */
async function withBody(request: Request, change: (body: Uint8Array) => Uint8Array) {
  const body = change(new Uint8Array(await request.clone().arrayBuffer()))
  return new Request(request.url, {
    method: request.method,
    headers: request.headers,
    body: body as BodyInit,
  })
}

const isRefused = ({ status, events }: Awaited<ReturnType<typeof receive>>) =>
  status >= 400 && status < 500 && events.length === 0

/** Refused, or put off where the name of a key may have been changed. */
const isTurnedAway = (answer: Awaited<ReturnType<typeof receive>>, { namesKey }: Sample) =>
  isRefused(answer) ||
  (namesKey === true && answer.code === 'ERR_SECRET_UNAVAILABLE' && answer.events.length === 0)

describe.each(SAMPLES)('$name', ({ provider, unsigned }) => {
  test('has evidence that a sender without it lacks', async () => {
    const request = new Request(SAMPLE_URL, { method: 'POST', body: '{}' })
    const answer = await receive(provider, request)
    if (unsigned === undefined) expect(isRefused(answer)).toBe(true)
    else expect(answer.status).toBeLessThan(500)
  })

  test('answers anything at all with a status, and with no error of ours', async () => {
    const fields = fc.dictionary(
      fc.constantFrom(...provider.verify.headers, 'content-type', 'x-any'),
      fc.string({ maxLength: 200 }).map((text) => text.replace(/[^\x21-\x7e]/g, '')),
    )
    const bodies = fc.oneof(fc.uint8Array({ maxLength: 200 }), fc.json().map(encode))
    await fc.assert(
      fc.asyncProperty(fields, bodies, async (headers, body) => {
        const request = new Request(SAMPLE_URL, { method: 'POST', headers, body: body as BodyInit })
        const { status, code } = await receive(provider, request)
        expect(status).not.toBe(500)
        expect(code).not.toBe('ERR_INTERNAL')
      }),
      runs,
    )
  })
})

const encode = (text: string) => new TextEncoder().encode(text)

describe.each(SIGNED)('$name', (sample) => {
  const { provider, stranger, event, coversBody = true } = sample

  test('verifies what it signs, and finds the event', async () => {
    const answer = await receive(provider, await signed(sample))
    expect(answer).toMatchObject({ code: undefined, events: [event] })
    expect(answer.status).toBeGreaterThanOrEqual(200)
    expect(answer.status).toBeLessThan(300)
  })

  test('refuses what another secret has signed', async () => {
    const answer = await receive(stranger, await signed(sample))
    expect(isRefused(answer)).toBe(true)
    expect(answer.text).toBe('')
    expect(answer.status).toBe(provider.acknowledge?.refusedStatus ?? 401)
  })

  test.runIf(coversBody)('refuses a body with another bit', async () => {
    const request = await signed(sample)
    const { length } = new Uint8Array(await request.clone().arrayBuffer())
    await fc.assert(
      fc.asyncProperty(fc.nat(length - 1), fc.nat(7), async (at, bit) => {
        const changed = await withBody(request, (body) => body.with(at, body[at]! ^ (1 << bit)))
        expect(isRefused(await receive(provider, changed))).toBe(true)
      }),
      runs,
    )
  })

  test.runIf(coversBody)('refuses a body that goes on', async () => {
    const longer = (body: Uint8Array) => Uint8Array.from([...body, 0x20])
    const changed = await withBody(await signed(sample), longer)
    expect(isRefused(await receive(provider, changed))).toBe(true)
  })

  test('refuses evidence that is cut off or goes on', async () => {
    const request = await signed(sample)
    const names = provider.verify.headers.filter((name) => request.headers.has(name))
    for (const name of names) {
      const value = request.headers.get(name)!
      for (const changed of [value.slice(0, -1), `${value}0`, '']) {
        const answer = await receive(provider, withHeaders(request, { [name]: changed }))
        expect([name, isRefused(answer)]).toEqual([name, true])
      }
    }
  })

  test('refuses evidence with another bit', async () => {
    const request = await signed(sample)
    const names = provider.verify.headers.filter((name) => request.headers.has(name))
    // In one place or the other; who has it nowhere could not be told from anybody.
    if (names.length === 0) return expect(sample.evidence).toBeDefined()
    for (const name of names) {
      const value = request.headers.get(name)!
      await fc.assert(
        fc.asyncProperty(fc.nat(value.length - 1), fc.nat(6), async (at, bit) => {
          const changed = flip(value, at, bit)
          if (inOneCase(changed) === inOneCase(value)) return
          const answer = await receive(provider, withHeaders(request, { [name]: changed }))
          expect([name, changed, isTurnedAway(answer, sample)]).toEqual([name, changed, true])
        }),
        runs,
      )
    }
  })

  const { evidence } = sample
  test.runIf(evidence)('refuses evidence with another bit in the URL or the body', async () => {
    const request = await signed(sample)
    const { method, headers } = request
    const text = `${request.url}\n${await request.clone().text()}`
    const [whole = '', found = ''] = evidence!.exec(text) ?? []
    const start = text.indexOf(whole) + whole.lastIndexOf(found)
    expect(found.length).toBeGreaterThan(3)
    await fc.assert(
      fc.asyncProperty(fc.nat(found.length - 1), fc.nat(6), async (place, bit) => {
        const [url, body] = flip(text, start + place, bit).split('\n', 2)
        const changed = new Request(url!, { method, headers, body: body! })
        expect([url, body, isRefused(await receive(provider, changed))]).toEqual([url, body, true])
      }),
      runs,
    )
  })

  test('refuses evidence that came twice, and takes it under a name in any case', async () => {
    const request = await signed(sample)
    const names = provider.verify.headers.filter((name) => request.headers.has(name))
    for (const name of names) {
      const value = request.headers.get(name)!
      const twice = withHeaders(request, { [name]: `${value}, ${value}` })
      expect([name, isRefused(await receive(provider, twice))]).toEqual([name, true])
    }
    const upper = [...request.headers].map(([name, value]) => [name.toUpperCase(), ` ${value} `])
    const headers = new Headers(upper.toReversed() as [string, string][])
    const { events } = await receive(provider, new Request(request.clone(), { headers }))
    expect(events).toMatchObject([event])
  })

  test.runIf(sample.coversUrl)('refuses another URL, and one with another bit', async () => {
    const request = await signed(sample)
    const { method, headers, url } = request
    const body = await request.clone().arrayBuffer()
    const refuses = async (elsewhere: string) => {
      const answer = await receive(provider, new Request(elsewhere, { method, headers, body }))
      expect([elsewhere, isRefused(answer)]).toEqual([elsewhere, true])
    }
    await refuses(`${url}x`)
    await fc.assert(
      fc.asyncProperty(fc.nat(url.length - 1), fc.nat(6), async (at, bit) => {
        const changed = flip(url, at, bit)
        const { protocol, username, href } = URL.canParse(changed) ? new URL(changed) : NO_URL
        // Some are no URLs, and some the same one: a host has no case.
        if (!/^https?:$/.test(protocol) || username !== '' || href === url) return
        await refuses(changed)
      }),
      runs,
    )
  })

  test('gives the bytes to the effect as they came, however they were cut', async () => {
    const request = await signed(sample)
    const bytes = new Uint8Array(await request.clone().arrayBuffer())
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ min: 1, max: 20, minLength: 1 }), async (lengths) => {
        const seen: Uint8Array[] = []
        const handler = createWebhookHandler({
          provider,
          on: { '*': (_event, { rawBody }) => void seen.push(rawBody) },
          clock: () => NOW * 1000,
          dedupe: false,
        })
        await handler(
          new Request(request.url, {
            method: request.method,
            headers: request.headers,
            body: streamOf(pieces(bytes, lengths)),
            duplex: 'half',
          } as RequestInit),
        )
        expect(seen[0]).toEqual(bytes)
      }),
      { numRuns: 5 },
    )
  })

  test('asks for another attempt before the sender gives up', async () => {
    const request = await signed(sample)
    const { deadlineSeconds = 10, retryStatus = 503 } = provider.acknowledge ?? {}
    let begin = () => {}
    const begun = new Promise<void>((resolve) => (begin = resolve))
    let code: string | undefined
    const handler = createWebhookHandler({
      provider,
      on: {
        '*'() {
          begin()
          return new Promise<void>(() => undefined)
        },
      },
      clock: () => NOW * 1000,
      telemetry: { onDelivery: ({ error }) => (code = error?.code) },
    })
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] })
    const answer = handler(request)
    await begun
    await vi.advanceTimersByTimeAsync(1000 * deadlineSeconds - 100)
    const { status, headers } = await answer
    expect({ status, code }).toEqual({ status: retryStatus, code: 'ERR_DEADLINE_EXCEEDED' })
    expect(headers.has('retry-after')).toBe(true)
  })

  test.each(OUTCOMES)('answers $name as the sender understands it', async ({ act, answers }) => {
    const { status, headers } = await outcomeOf(provider, await signed(sample), act)
    const { retryStatus = 503, success = {} } = provider.acknowledge ?? {}
    const statuses = { success: success.status ?? 200, content: 200, retry: retryStatus }
    expect(status).toBe(statuses[answers])
    expect(headers.has('retry-after')).toBe(answers === 'retry')
  })
})

/** A text with one bit turned: of another place or another bit, if the character would be none of a header. */
function flip(text: string, place: number, bit: number): string {
  for (let turn = 0; ; turn++) {
    const at = (place + Math.floor(turn / 7)) % text.length
    const changed = String.fromCharCode(text.charCodeAt(at) ^ (1 << ((bit + turn) % 7)))
    if (/[\x21-\x7e]/.test(changed)) return text.slice(0, at) + changed + text.slice(at + 1)
  }
}

/** The names of schemes read the same in either case: `bEarer`. */
const inOneCase = (value: string) =>
  value.replace(/^(?:basic|bearer) /i, (name) => name.toLowerCase())

const NO_URL = { protocol: '', username: '', href: '' }

function* pieces(bytes: Uint8Array, lengths: Uint8Array): Iterable<Uint8Array> {
  let at = 0
  for (let turn = 0; at < bytes.length; turn++) {
    const length = lengths[turn % lengths.length]!
    yield bytes.slice(at, at + length)
    at += length
  }
}

function streamOf(chunks: Iterable<Uint8Array>): ReadableStream<Uint8Array> {
  return new ReadableStream({
    start(controller) {
      for (const chunk of chunks) controller.enqueue(chunk)
      controller.close()
    },
  })
}

const OUTCOMES: readonly {
  readonly name: string
  readonly act: (event: WebhookEvent) => Outcome | void
  readonly answers: 'success' | 'content' | 'retry'
}[] = [
  { name: 'nothing', act: () => undefined, answers: 'success' },
  { name: 'drop', act: () => drop('not for us'), answers: 'success' },
  { name: 'reply', act: () => reply('{}'), answers: 'content' },
  { name: 'retry', act: () => retry({ afterSeconds: 7 }), answers: 'retry' },
  {
    name: 'a throw',
    act: () => {
      throw new Error('broken')
    },
    answers: 'retry',
  },
]

async function outcomeOf(
  provider: Provider,
  request: Request,
  act: (event: WebhookEvent) => Outcome | void,
): Promise<Response> {
  const handler = createWebhookHandler({
    provider,
    on: { '*': act },
    clock: () => NOW * 1000,
    telemetry: {},
  })
  return handler(request)
}
