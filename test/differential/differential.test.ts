/**
 * Side by side with the packages that senders publish for their receivers: what both are given, both accept
 * or both refuse. Where they differ on purpose, the peer says so, and why.
 */
import { readdirSync } from 'node:fs'
import * as fc from 'fast-check'
import { sign } from 'webhook-target/testing'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { receive } from '../providers/deliver.ts'
import { NOW, SAMPLE_URL } from '../providers/sample.ts'
import { MUTATIONS, type MutationName } from './mutations.ts'
import type { Added, Peer, Received, Verdict } from './peer.ts'
import { fromRequest, read, toRequest, withValue, type Wire } from './wire.ts'

interface PeerModule {
  readonly peers: readonly Peer[]
}

const files = readdirSync(`${import.meta.dirname}/peers`).map((file) => file.replace(/\.ts$/, ''))
const modules: readonly PeerModule[] = await Promise.all(
  files.map(async (file) => import(`./peers/${file}.ts`) as Promise<PeerModule>),
)
const PEERS = modules.flatMap(({ peers }) => peers)

// The packages have no clock to set.
beforeAll(() => void vi.useFakeTimers({ now: NOW * 1000, toFake: ['Date'] }))
afterAll(() => void vi.useRealTimers())

const withText = (wire: Wire): Received => ({ ...wire, text: wire.body.toString() })

const unchanged = (wire: Wire) => wire

type Signer = (peer: Peer, age?: number) => Promise<Wire>

const ours: Signer = async (peer, age = 0) => {
  const { provider, secret, privateKey, message } = peer
  const options = { now: (NOW - age) * 1000, ...(privateKey !== undefined && { privateKey }) }
  const signed = await sign(provider(secret), { url: SAMPLE_URL, ...message }, options)
  const wire = (peer.outgoing ?? unchanged)(await fromRequest(signed))
  return !peer.form || peer.form.test(read(wire, peer.signature).value) ? wire : ours(peer, age)
}

const theirs: Signer = async ({ sign: add, secret, message }, age = 0) => {
  const { body, headers = {}, url = SAMPLE_URL } = message
  const isText = typeof body === 'string'
  const unsigned: Wire = {
    method: 'POST',
    url,
    headers: isText ? headers : { 'content-type': 'application/json', ...headers },
    body: Buffer.from(isText ? body : JSON.stringify(body)),
  }
  const added: Added = await add!({ ...withText(unsigned), now: (NOW - age) * 1000 }, secret)
  return { ...unsigned, ...added, headers: { ...unsigned.headers, ...added.headers } }
}

interface Verdicts {
  readonly ours: Verdict
  readonly theirs: Verdict
}

const AGREED = {
  accepted: { ours: 'accepted', theirs: 'accepted' },
  refused: { ours: 'refused', theirs: 'refused' },
} as const satisfies Record<Verdict, Verdicts>

async function judge(peer: Peer, wire: Wire, secret = peer.secret): Promise<Verdicts> {
  const { status } = await receive(peer.provider(secret), toRequest(wire))
  const accepted = await accepts(async () => peer.verify(withText(wire), secret))
  return {
    ours: status >= 200 && status < 300 ? 'accepted' : 'refused',
    theirs: accepted ? 'accepted' : 'refused',
  }
}

async function accepts(verify: () => Promise<unknown>): Promise<boolean> {
  try {
    return (await verify()) !== false
  } catch {
    return false
  }
}

const against = (verdict: Verdict): Verdicts => ({
  ours: verdict,
  theirs: verdict === 'accepted' ? 'refused' : 'accepted',
})

const names = Object.keys(MUTATIONS) as readonly MutationName[]

/** Whether there is such a mutation for a peer, by what we sign. */
async function applies(peer: Peer, name: MutationName): Promise<boolean> {
  const { age, change } = MUTATIONS[name]
  if (age && age(peer) === undefined) return false
  return !change || change(await ours(peer), peer) !== undefined
}

const isForm = ({ headers }: Wire) => headers['content-type']?.endsWith('form-urlencoded')

const CHARACTERS = Array.from('09afgzAFGZ+/-_')

/** Base64 for the same bits, or hex in another case, to a lax reader. */
const isSame = (one: string, another: string) =>
  one.toLowerCase() === another.toLowerCase() || /^(\+-|-\+|\/_|_\/)$/.test(one + another)

const cases = await Promise.all(
  PEERS.map(async (peer) => {
    const applicable = await Promise.all(names.map(async (name) => applies(peer, name)))
    return { ...peer, mutations: names.filter((_name, index) => applicable[index]) }
  }),
)

describe.each(cases)('$name', ({ mutations, ...peer }) => {
  test('differs in nothing that does not happen to it', () => {
    expect(mutations).toEqual(expect.arrayContaining(Object.keys(peer.differences ?? {})))
  })

  const signers = { ours, ...(peer.sign && { theirs }) }

  describe.each(Object.entries(signers))('signed by %s', (_name, signWith) => {
    test('is genuine to both', async () => {
      expect(await judge(peer, await signWith(peer))).toEqual(AGREED.accepted)
    })

    test('is not, with another secret', async () => {
      expect(await judge(peer, await signWith(peer), peer.otherSecret)).toEqual(AGREED.refused)
    })

    test.each(mutations)('%s', async (name) => {
      const { age, change, forged = true } = MUTATIONS[name]
      const wire = await signWith(peer, age?.(peer))
      const verdicts = await judge(peer, change ? change(wire, peer)! : wire)
      const difference = peer.differences?.[name]
      const expected = difference?.ours ?? (forged ? 'refused' : verdicts.ours)
      expect(verdicts).toEqual(difference ? against(expected) : AGREED[expected])
    })

    test('any bit of the body', async () => {
      const wire = await signWith(peer)
      await fc.assert(
        fc.asyncProperty(fc.nat(wire.body.length - 1), fc.nat(7), async (at, bit) => {
          const body = Buffer.from(wire.body.with(at, wire.body[at]! ^ (1 << bit)))
          const verdicts = await judge(peer, { ...wire, body })
          // A form has several spellings.
          expect(verdicts).toEqual(AGREED[isForm(wire) ? verdicts.ours : 'refused'])
        }),
        { numRuns: 15 },
      )
    })

    test('any character of the signature', async () => {
      const wire = await signWith(peer)
      const { value } = read(wire, peer.signature)
      // The last one of base64 has spare bits.
      const places = fc.nat(value.replace(/=+$/, '').length - 2)
      await fc.assert(
        fc.asyncProperty(places, fc.constantFrom(...CHARACTERS), async (at, character) => {
          fc.pre(value[at] !== character && !isSame(value[at]!, character))
          const changed = value.slice(0, at) + character + value.slice(at + 1)
          const verdicts = await judge(peer, withValue(wire, peer.signature, changed))
          expect(verdicts).toMatchObject(
            peer.lenient === undefined ? AGREED.refused : { ours: 'refused' },
          )
        }),
        { numRuns: 15 },
      )
    })
  })

  test.runIf(typeof peer.message.body !== 'string')('any text in the body', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(0x10_ffff)), async (points) => {
        const text = String.fromCodePoint(...points)
        const message = { ...peer.message, body: { ...(peer.message.body as object), text } }
        for (const signWith of Object.values(signers)) {
          const wire = await signWith({ ...peer, message })
          expect(await judge(peer, wire)).toEqual(AGREED.accepted)
        }
      }),
      { numRuns: 10 },
    )
  })
})
