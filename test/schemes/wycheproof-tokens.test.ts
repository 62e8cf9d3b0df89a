/**
 * Wycheproof's tokens, by what is below the scheme and by the scheme itself. They hold no claims, so the scheme
 * takes none: but it says so only of what is signed as it should be.
 */
import { jwt, type JwtOptions } from 'webhook-target/schemes/jwt'
import { afterAll, describe, expect, test } from 'vitest'
import { outgoingDelivery } from '../../src/delivery.ts'
import { parseJws, type JwsAlgorithm } from '../../src/lib/jws.ts'
import { tokenKeys } from '../../src/lib/token-keys.ts'
import { COUNTS, tokenGroups, type TokenGroup, type WycheproofKey } from '../vectors/wycheproof.ts'
import { attempt } from './attempt.ts'

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
    file: 'crypto',
    cases: [50, 67],
    why: 'encrypted (JWE), which no sender does: none is taken, the genuine ones neither',
  },
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
  const algorithms = keys.map(({ alg, kty, use }) =>
    use !== 'enc' && alg ? alg : FALLBACKS[String(kty)],
  )
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

/** For keys that name no algorithm, or one to encrypt with. */
const FALLBACKS: Readonly<Record<string, string>> = { RSA: 'RS256', EC: 'ES256', oct: 'HS256' }

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

/** Whether `jwt()` gets as far as the claims. */
async function verifies(group: TokenGroup, token: string): Promise<boolean> {
  const { status, code } = await attempt(schemeOf(group), { headers: { 'x-token': token } })
  expect([200, 401]).toContain(status)
  return status === 200 || code === 'ERR_TOKEN_REFUSED'
}

function schemeOf(group: TokenGroup) {
  const options = { ...configure(group), header: 'x-token', audience: false, requireExpiry: false }
  try {
    return jwt(options as JwtOptions)
  } catch (error) {
    // A key that can't be used is refused before any token comes.
    expect((error as { readonly code: string }).code).toMatch(/^ERR_(SECRET|OPTION)_/)
    return REFUSING
  }
}

const REFUSING = jwt({
  algorithms: ['HS256'],
  secret: 'none of theirs',
  header: 'x-token',
  audience: false,
})

describe.each(['signature', 'key', 'crypto'] as const)('json_web_%s', (file) => {
  const groups = tokenGroups(file).map((group, index) => ({
    ...group,
    title: `${index} ${group.comment}`,
  }))
  let seen = 0

  test.each(groups)('$title', async (group) => {
    for (const { tcId, jws, jwe, result } of group.tests) {
      // The JSON serialization, which is no header's value, stands as an object in the file.
      const given = jws ?? jwe
      const token = typeof given === 'string' ? given : JSON.stringify(given)
      const [accepted, verified] = [await accepts(group, token), await verifies(group, token)]
      const expected = (result === 'valid') !== deviates(file, tcId)
      const verdict = { tcId, accepted: expected, verified: expected }
      expect.soft({ tcId, accepted, verified }).toEqual(verdict)
      seen++
    }
  })

  afterAll(() => expect(seen).toBe(COUNTS[`json_web_${file}`]))
})

test('the tokens whose padding was lost are the valid one', () => {
  const all = tokenGroups('signature').flatMap(({ tests }) => tests)
  const tokens = [357, 367, 370].map((id) => all.find(({ tcId }) => tcId === id)!.jws)
  expect(new Set(tokens).size).toBe(1)
})
