/** What holds for every scheme that signs, whatever the sender sends and whatever is made of it. */
import { generateKeyPairSync } from 'node:crypto'
import * as fc from 'fast-check'
import { ERRORS, type OutgoingMessage, type Provider, type Scheme } from 'webhook-target'
import { discord } from 'webhook-target/providers/discord'
import { github } from 'webhook-target/providers/github'
import { gitlab } from 'webhook-target/providers/gitlab'
import { meta } from 'webhook-target/providers/meta'
import { shopify } from 'webhook-target/providers/shopify'
import { slack } from 'webhook-target/providers/slack'
import { standardWebhooks } from 'webhook-target/providers/standard-webhooks'
import { stripe } from 'webhook-target/providers/stripe'
import { twilio } from 'webhook-target/providers/twilio'
import { x } from 'webhook-target/providers/x'
import { zoom } from 'webhook-target/providers/zoom'
import { hmac } from 'webhook-target/schemes/hmac'
import { describe, expect, test } from 'vitest'
import { anyText } from '../support/any-text.ts'
import { accepted, attempt, NOW } from './attempt.ts'

const secret = 'a secret of any sender'
const whsec = `whsec_${Buffer.alloc(32, 7).toString('base64')}`
const jwk = generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' })
const seed = new Uint8Array(Buffer.from(jwk.d!, 'base64url'))
const publicKey = Buffer.from(jwk.x!, 'base64url').toString('hex')
const whpk = `whpk_${Buffer.from(jwk.x!, 'base64url').toString('base64')}`

interface Signer {
  readonly name: string
  readonly scheme: Scheme
  readonly privateKey?: Uint8Array
  /** A byte every body begins with, where others count for nothing. */
  readonly opening?: string
  /** Header fields that are signed, or hold the signature. */
  readonly covered: readonly string[]
}

const schemeOf = (provider: object) => (provider as Provider).verify

const SIGNERS: readonly Signer[] = [
  { name: 'github', scheme: schemeOf(github({ secret })), covered: ['x-hub-signature-256'] },
  {
    name: 'gitlab, signed',
    scheme: schemeOf(gitlab({ secret: whsec, mode: 'signing-token' })),
    covered: ['webhook-id', 'webhook-timestamp', 'webhook-signature'],
  },
  {
    name: 'slack',
    scheme: schemeOf(slack({ secret })),
    opening: '{',
    covered: ['x-slack-request-timestamp', 'x-slack-signature'],
  },
  { name: 'stripe', scheme: schemeOf(stripe({ secret })), covered: ['stripe-signature'] },
  {
    name: 'shopify',
    scheme: schemeOf(shopify({ secret })),
    opening: '{',
    covered: ['x-shopify-hmac-sha256'],
  },
  { name: 'twilio', scheme: schemeOf(twilio({ secret })), covered: ['x-twilio-signature'] },
  {
    name: 'meta',
    scheme: schemeOf(meta({ secret, verifyToken: 'v' })),
    covered: ['x-hub-signature-256'],
  },
  {
    name: 'x',
    scheme: schemeOf(x({ secret })),
    opening: '{',
    covered: ['x-twitter-webhooks-signature'],
  },
  {
    name: 'discord',
    scheme: schemeOf(discord({ publicKey, mode: 'interactions' })),
    privateKey: seed,
    covered: ['x-signature-ed25519', 'x-signature-timestamp'],
  },
  {
    name: 'zoom',
    scheme: schemeOf(zoom({ secret })),
    covered: ['x-zm-request-timestamp', 'x-zm-signature'],
  },
  {
    name: 'standard-webhooks v1',
    scheme: schemeOf(standardWebhooks({ secret: whsec })),
    covered: ['webhook-id', 'webhook-timestamp', 'webhook-signature'],
  },
  {
    name: 'standard-webhooks v1a',
    scheme: schemeOf(standardWebhooks({ secret: whpk })),
    privateKey: seed,
    covered: ['webhook-id', 'webhook-timestamp', 'webhook-signature'],
  },
  {
    name: 'hmac over everything',
    scheme: hmac({
      secret,
      algorithm: 'sha512',
      encoding: 'base64url',
      header: 'x-signature',
      id: 'x-id',
      content: '{method}|{url}|{id}|{timestamp}|{body}',
      timestamp: { header: 'x-time', unit: 'iso' },
    }),
    covered: ['x-signature', 'x-id', 'x-time'],
  },
]

/** Bodies are bytes: of JSON, of text and of anything. */
const bodies = fc.oneof(
  fc.uint8Array({ maxLength: 200 }),
  fc.json().map((text) => new TextEncoder().encode(text)),
  anyText().map((text) => new TextEncoder().encode(text)),
)

async function signed({ scheme, privateKey, opening }: Signer, body: Uint8Array) {
  const message: OutgoingMessage = {
    method: 'POST',
    url: 'https://hooks.example.com/in?a=1',
    // No type, so that what is no JSON is verified all the same.
    headers: { 'content-type': 'application/octet-stream' },
    body: opening === undefined ? body : Uint8Array.from([opening.charCodeAt(0), ...body]),
  }
  return scheme.sign!(message, { now: NOW * 1000, ...(privateKey && { privateKey }) })
}

const runs = { numRuns: 40 }

describe.each(SIGNERS)('$name', (signer) => {
  const { scheme, covered } = signer

  test('what is signed is verified', async () => {
    await fc.assert(
      fc.asyncProperty(bodies, async (body) => {
        expect(await attempt(scheme, await signed(signer, body))).toEqual(accepted())
      }),
      runs,
    )
  })

  test('one bit of the body makes it another body', async () => {
    await fc.assert(
      fc.asyncProperty(bodies, fc.nat(), async (content, at) => {
        const message = await signed(signer, content)
        if (message.body.length === 0) return
        const body = Uint8Array.from(message.body)
        body[Math.floor(at / 8) % body.length]! ^= 1 << (at % 8)
        expect((await attempt(scheme, { ...message, body })).status).not.toBe(200)
      }),
      runs,
    )
  })

  test('so does a byte more or less', async () => {
    await fc.assert(
      fc.asyncProperty(bodies, fc.nat({ max: 255 }), async (content, byte) => {
        const message = await signed(signer, content)
        const longer = Uint8Array.from([...message.body, byte])
        const shorter = message.body.slice(0, -1)
        expect((await attempt(scheme, { ...message, body: longer })).status).not.toBe(200)
        if (message.body.length === 0) return
        expect((await attempt(scheme, { ...message, body: shorter })).status).not.toBe(200)
      }),
      runs,
    )
  })

  test('one bit of id, time or signature is too many', async () => {
    await fc.assert(
      fc.asyncProperty(bodies, fc.constantFrom(...covered), fc.nat(), async (body, name, at) => {
        const message = await signed(signer, body)
        const codes = Array.from(message.headers[name]!, (char) => char.charCodeAt(0))
        codes[Math.floor(at / 8) % codes.length]! ^= 1 << (at % 8)
        const headers = { ...message.headers, [name]: String.fromCharCode(...codes) }
        expect((await attempt(scheme, { ...message, headers })).status).not.toBe(200)
      }),
      { numRuns: 150 },
    )
  })

  test('so is a beginning of the signature, or more than it', async () => {
    const name = covered.find((field) => /signature|sha256|ed25519/.test(field))!
    await fc.assert(
      fc.asyncProperty(bodies, fc.nat(), fc.string({ minLength: 1 }), async (body, at, more) => {
        const message = await signed(signer, body)
        const signature = message.headers[name]!
        const cut = signature.slice(0, at % signature.length)
        // A part more of a list may mean nothing; it is the signature itself that may not grow.
        const grown = signature + more.replace(/[, ]/g, 'x')
        for (const value of [cut, grown]) {
          const headers = { ...message.headers, [name]: value }
          expect((await attempt(scheme, { ...message, headers })).status).not.toBe(200)
        }
      }),
      runs,
    )
  })

  test('the order and the case of header fields do not matter', async () => {
    await fc.assert(
      fc.asyncProperty(bodies, fc.infiniteStream(fc.boolean()), async (body, coin) => {
        const message = await signed(signer, body)
        const toss = () => coin.next().value as boolean
        const entries = Object.entries(message.headers)
          .map(([name, value]) => [mixCase(name, toss), value] as const)
          .toSorted(() => (toss() ? 1 : -1))
        const headers = Object.fromEntries(entries)
        expect(await attempt(scheme, { ...message, headers })).toEqual(accepted())
      }),
      runs,
    )
  })

  test('nothing is thrown but our own errors, whatever comes in', async () => {
    const values = fc.oneof(
      anyText(),
      fc.string().map((text) => `v0=${text}`),
      fc.string().map((text) => `t=${NOW},v1=${text}`),
      fc.base64String().map((text) => `v1,${text} v1a,${text}`),
      fc.constant(`${NOW}`),
      fc.stringMatching(/^(v0=|sha256=)?[0-9a-f]{64}$/),
    )
    const headers = fc.record(Object.fromEntries(scheme.headers.map((name) => [name, values])), {
      requiredKeys: [],
    })
    await fc.assert(
      fc.asyncProperty(bodies, headers, async (body, given) => {
        const { status, code } = await attempt(scheme, {
          body,
          headers: given as Record<string, string>,
        })
        expect(Object.keys(ERRORS)).toContain(code)
        expect(status).toBeGreaterThanOrEqual(400)
        expect(status).toBeLessThan(500)
      }),
      { numRuns: 150 },
    )
  })
})

const mixCase = (name: string, toss: () => boolean) =>
  Array.from(name, (char) => (toss() ? char.toUpperCase() : char)).join('')
