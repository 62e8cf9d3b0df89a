/** What the handler answers is what its sender takes it for, by what is known of that: see `facts`. */
import { createWebhookHandler, ERRORS, reply, type ProviderFacts } from 'webhook-target'
import { meaningOfAnswer, sign } from 'webhook-target/testing'
import { describe, expect, test } from 'vitest'
import { receive } from './deliver.ts'
import { NOW, SAMPLE_URL, type Sample } from './sample.ts'
import { sampleModules } from './sample-modules.ts'

/** Senders that take a refusal for a success, and why nothing is done about it. */
const REFUSAL_IS_SUCCESS: Readonly<Record<string, string>> = {
  'aws-sns': 'Every answer but a 5xx is one, and that would ask for what is forged once more',
}

/** Senders that don't take an answer with content for a success, and why nothing is done about it. */
const CONTENT_IS_FAILURE: Readonly<Record<string, string>> = {
  fitbit: 'It takes nothing but 204, which has no content: reply() is not for it',
  'google-health': 'It takes nothing but 204, which has no content: reply() is not for it',
}

const importFacts = async (id: string): Promise<ProviderFacts> =>
  ((await import(`../../src/providers/${id}.ts`)) as { readonly facts: ProviderFacts }).facts

const SAMPLES = await Promise.all(
  [...sampleModules].flatMap(([id, { samples }]) =>
    samples.map(async (sample) => ({
      ...sample,
      id,
      name: [id, sample.variant].filter(Boolean).join(', '),
      facts: await importFacts(id),
    })),
  ),
)
const SIGNED = SAMPLES.filter(({ unsigned }) => unsigned === undefined)
/** What goes wrong on our side, with the statuses it has where the contract has no other. */
const UNAVAILABLE = Object.values(ERRORS)
  .filter(([, kind]) => kind === 'unavailable')
  .map(([status]) => status)
const REJECTED = Object.values(ERRORS)
  .filter(([, kind]) => kind === 'rejected')
  .map(([status]) => status)

const STATUSES = Array.from({ length: 500 }, (_, at) => 100 + at)

/** Whether there is a status after which it delivers again: one that does goes before one that may. */
const isAnyRetried = (facts: ProviderFacts) =>
  STATUSES.some((status) => meaningOfAnswer(facts, status) === 'retried')

describe.each(SAMPLES)('$name', ({ id, provider, facts }) => {
  const { success, refusedStatus = 401, retryStatus, retries } = provider.acknowledge ?? {}
  const meaningOf = (status: number) => meaningOfAnswer(facts, status)

  test('has facts in which each answer means one thing', () => {
    const { delivered, retriedOn, givenUpOn = [] } = facts
    const all = [...delivered, ...(retriedOn === 'unknown' ? [] : retriedOn), ...givenUpOn]
    expect(all).toHaveLength(new Set(all).size)
    expect(delivered).not.toEqual([])
    expect(delivered).not.toContain('else')
  })

  test('is told of a success in a way that counts as one', () => {
    expect(meaningOf(success?.status ?? 200)).toBe('delivered')
  })

  test('is asked for another attempt in a way that brings one, if any does', () => {
    const asked = UNAVAILABLE.map((status) => meaningOf(retryStatus ?? status))
    if (isAnyRetried(facts)) expect(new Set(asked)).toEqual(new Set(['retried']))
    else expect(asked).not.toContain('delivered')
  })

  test('is told of a failure in no way that counts as a success', () => {
    const failures = new Set([refusedStatus, ...REJECTED].map(meaningOf))
    expect(failures.has('delivered')).toBe(id in REFUSAL_IS_SUCCESS)
  })

  test('has a contract that says of retries what its facts say', () => {
    const failures = STATUSES.filter((status) => meaningOf(status) !== 'delivered')
    const mayBeRetried = failures.some(
      (status) => status >= 300 && meaningOf(status) !== 'given-up',
    )
    if (!mayBeRetried) expect(retries).toBe(false)
  })
})

describe.each(SIGNED)('what is sent by $name', (sample) => {
  const { id, facts, provider, stranger } = sample
  const meaningOf = (status: number) => meaningOfAnswer(facts, status)

  test('counts as delivered when it is done', async () => {
    expect(meaningOf((await receive(provider, await signed(sample))).status)).toBe('delivered')
  })

  test('counts as delivered when it is answered with content', async () => {
    const outcome = reply('{}')
    const { status } = await receive(provider, await signed(sample), { outcome })
    expect(meaningOf(status) === 'delivered').toBe(!(id in CONTENT_IS_FAILURE))
  })

  test('comes again when its effect fails, if anything does', async () => {
    const handler = createWebhookHandler({
      provider,
      on: { '*': () => Promise.reject(new Error('broken')) },
      clock: () => NOW * 1000,
      telemetry: {},
    })
    const { status } = await handler(await signed(sample))
    expect(meaningOf(status)).toBe(meaningOf(provider.acknowledge?.retryStatus ?? 503))
    if (isAnyRetried(facts)) expect(meaningOf(status)).toBe('retried')
  })

  test('does not count as delivered when it is refused', async () => {
    const { status } = await receive(stranger, await signed(sample))
    expect(meaningOf(status) === 'delivered').toBe(id in REFUSAL_IS_SUCCESS)
  })
})

test('no exception is left of a provider that is gone', () => {
  const known = [...Object.keys(REFUSAL_IS_SUCCESS), ...Object.keys(CONTENT_IS_FAILURE)]
  expect(known.filter((id) => !sampleModules.has(id))).toEqual([])
})

function signed({ provider, message, privateKey }: Sample): Promise<Request> {
  const options = { now: NOW * 1000, ...(privateKey && { privateKey }) }
  return sign(provider, { url: SAMPLE_URL, ...message }, options)
}
