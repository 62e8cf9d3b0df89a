/** Wycheproof's signed tokens. They hold no claims, so that they go to what is below the scheme. */
import { describe, expect, test } from 'vitest'
import { outgoingDelivery } from '../../src/delivery.ts'
import { parseJws, type JwsAlgorithm } from '../../src/lib/jws.ts'
import { tokenKeys } from '../../src/lib/token-keys.ts'
import { tokenGroups, type TokenGroup, type WycheproofKey } from '../vectors/wycheproof.ts'

/** What we decide otherwise, and why. */
const DEVIATIONS: readonly { file: string; cases: readonly number[]; why: string }[] = [
  { file: 'signature', cases: [346, 350], why: 'the key is for PS256, the token says PS384' },
  { file: 'signature', cases: [347, 351], why: 'P-521 is not in use here' },
  {
    file: 'signature',
    cases: [367, 370],
    why: 'the padding was lost in the file: it is the token of the valid case 357',
  },
  {
    file: 'signature',
    cases: [372, 373],
    why: 'a foreign character is skipped, which RFC 7515, section 2, does not allow',
  },
  { file: 'key', cases: [4], why: 'secrets have no ids: any of those configured may be the one' },
  { file: 'key', cases: [7], why: 'keys of broken chips (ROCA) are not looked for' },
  { file: 'crypto', cases: [46], why: 'the same' },
  {
    file: 'key',
    cases: [10, 11, 12],
    why: 'shorter than the hash, against RFC 7518, section 3.2: senders hand out such secrets',
  },
]
const deviates = (file: string, tcId: number) =>
  DEVIATIONS.some((one) => one.file === file && one.cases.includes(tcId))

/** The keys as a user would give them: secrets by their bytes, others as JWK, with what they are for. */
function configure({ private: own, public: published }: TokenGroup) {
  const given = published ?? own
  const keys = (given['keys'] as readonly WycheproofKey[] | undefined) ?? [given]
  const algorithms = keys.map(({ alg, kty }) => alg ?? (kty === 'RSA' ? 'RS256' : 'ES256'))
  const secrets = keys.filter(({ kty }) => kty === 'oct')
  const others = keys.filter(({ kty }) => kty !== 'oct')
  return {
    algorithms: algorithms as unknown as readonly JwsAlgorithm[],
    ...(secrets.length > 0 && {
      secret: secrets.map(({ k }) => new Uint8Array(Buffer.from(String(k), 'base64url'))),
    }),
    ...(others.length > 0 && { publicKey: others }),
  } as Parameters<typeof tokenKeys>[0]
}

async function accepts(group: TokenGroup, token: string): Promise<boolean> {
  try {
    const options = configure(group)
    const jws = parseJws(token, options.algorithms)
    for (const key of await tokenKeys(options).find(jws, NO_REQUEST)) {
      if (key.fits(jws) && (await key.verify(jws))) return true
    }
  } catch (error) {
    // Refused for a reason, never by accident.
    expect((error as { readonly code: string }).code).toMatch(/^ERR_(SIGNATURE|SECRET|OPTION)_/)
  }
  return false
}

const NO_REQUEST = outgoingDelivery({
  method: 'POST',
  url: 'https://hooks.example.com/',
  headers: {},
  body: new Uint8Array(),
})

describe.each(['signature', 'key', 'crypto'] as const)('json_web_%s', (file) => {
  const groups = tokenGroups(file)
    .filter(({ tests }) => tests.some(({ jws }) => jws !== undefined))
    .map((group, index) => ({ ...group, title: `${index} ${group.comment}` }))

  test.each(groups)('$title', async (group) => {
    for (const { tcId, jws, result } of group.tests) {
      // The JSON serialization, which is no header's value, stands as an object in the file.
      const token = typeof jws === 'string' ? jws : JSON.stringify(jws)
      const accepted = await accepts(group, token)
      const expected = (result === 'valid') !== deviates(file, tcId)
      expect.soft({ tcId, accepted }).toEqual({ tcId, accepted: expected })
    }
  })
})

test('the tokens whose padding was lost are the valid one', () => {
  const all = tokenGroups('signature').flatMap(({ tests }) => tests)
  const tokens = [357, 367, 370].map((id) => all.find(({ tcId }) => tcId === id)!.jws)
  expect(new Set(tokens).size).toBe(1)
})
