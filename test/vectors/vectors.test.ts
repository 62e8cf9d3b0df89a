import { globSync } from 'node:fs'
import { basename } from 'node:path'
import { describe, expect, test } from 'vitest'
import { check } from './check.ts'
import { OVERRIDES } from './overrides.ts'
import { readVectors, type Vector } from './vector.ts'

const files = globSync(`${import.meta.dirname}/*.json`).toSorted()

describe.each(files.map((file) => [basename(file, '.json'), readVectors(file)] as const))(
  '%s',
  (_, vectors) => {
    test.each(vectors.map((vector) => [vector.id, vector] as const))('%s', async (_id, vector) => {
      expect(await check(vector)).toEqual({ kind: 'passed' })
    })
  },
)

const [slack, github, twilio, meta] = ['slack', 'github', 'twilio', 'meta'].map((name) =>
  readVectors(`${import.meta.dirname}/${name}.json`),
) as [readonly Vector[], readonly Vector[], readonly Vector[], readonly Vector[]]
const find = (vectors: readonly Vector[], id: string) => vectors.find((vector) => vector.id === id)!
const accepted = find(github, 'github-octokit-foobar')
const refused = find(github, 'github-reject-wrong-secret')
const challenge = find(slack, 'slack-url-verification')
const ping = find(slack, 'slack-ssl-check')

describe('a vector fails', () => {
  const cases: readonly { name: string; vector: Vector; reason: RegExp }[] = [
    {
      name: 'when what should be accepted is refused',
      vector: { ...refused, expect: 'accept' },
      reason: /^No effect ran; Expected success, got 401 \(ERR_SIGNATURE_MISMATCH: /,
    },
    {
      name: 'when what should be refused is accepted',
      vector: { ...accepted, expect: 'reject' },
      reason: /^An effect ran; Expected a refusal, got 200$/,
    },
    {
      name: 'when an event is taken for a challenge',
      vector: { ...accepted, expect: 'challenge' },
      reason: /^An effect ran$/,
    },
    {
      name: 'when a challenge is taken for an event',
      vector: { ...challenge, expect: 'accept' },
      reason: /^No effect ran$/,
    },
    {
      name: 'when the answer is another one',
      vector: {
        ...challenge,
        response: {
          status: [201, 204],
          bodyIncludes: 'absent',
          headers: { 'content-type': 'text/html' },
        },
      },
      reason:
        /^Expected status 201 or 204, got 200; Expected absent in the body, got .*; Expected content-type: text\/html, got application\/json$/,
    },
    {
      name: 'when the body is not exactly the expected one',
      vector: { ...ping, response: { bodyExact: 'ok' } },
      reason: /^Expected the body ok, got $/,
    },
    {
      name: 'when the body of an event does not parse',
      vector: { ...find(github, 'github-docs-hello-world'), level: 'request' },
      reason: /ERR_BODY_MALFORMED/,
    },
    {
      name: 'when our side can not decide',
      vector: { ...find(meta, 'meta-docs-challenge'), secret: 'undefined' },
      reason: /^The secret is/,
    },
    {
      name: 'when a configuration key is unknown',
      vector: { ...accepted, options: { colour: 'red' } },
      reason: /^Unknown configuration of github: colour$/,
    },
    {
      name: 'when an expectation is unknown',
      vector: { ...accepted, response: { teapot: true } as NonNullable<Vector['response']> },
      reason: /^Unknown expectation teapot$/,
    },
  ]

  test.each(cases)('$name', async ({ vector, reason }) => {
    expect(await check(vector)).toEqual({
      kind: 'failed',
      reason: expect.stringMatching(reason) as string,
    })
  })
})

test.each(Object.keys(OVERRIDES))('%s needs its override', async (id) => {
  const [vector, ...more] = files.flatMap(readVectors).filter((one) => one.id === id)
  expect(more).toEqual([])
  const { level, ...asPublished } = vector!
  expect(level).toBe(OVERRIDES[id]!.level)
  expect(await check(asPublished)).toMatchObject({ kind: 'failed' })
})

test('a vector of a provider that is not there is skipped', async () => {
  expect(await check({ ...accepted, provider: 'constructor' })).toEqual({
    kind: 'skipped',
    reason: 'No provider constructor yet',
  })
})

describe('a URL that a Request can not hold', () => {
  const { request } = find(twilio, 'twilio-node-default')
  const url = request.url.replace('https://', 'https://user:pass@')

  test.each([
    { name: 'comes from the vector', config: {}, signature: 'CukzLTc1tT5dXEDIHm/tKBanW10=' },
    {
      name: 'comes from the configuration',
      config: { publicUrl: url },
      signature: 'CukzLTc1tT5dXEDIHm/tKBanW10=',
    },
  ])('$name', async ({ config, signature }) => {
    const vector = {
      ...find(twilio, 'twilio-node-default'),
      config,
      request: {
        ...request,
        url: 'publicUrl' in config ? request.url : url,
        headers: { ...request.headers, 'x-twilio-signature': signature },
      },
    }
    expect(await check(vector)).toEqual({ kind: 'passed' })
  })
})
