/** Side by side with jose: what both are given, both accept or both refuse. */
import { createHmac, generateKeyPairSync, sign as nodeSign } from 'node:crypto'
import * as fc from 'fast-check'
import { importJWK, jwtVerify } from 'jose'
import { jwt } from 'webhook-target/schemes/jwt'
import { expect, test } from 'vitest'
import { attempt, NOW } from './attempt.ts'

const secret = 'a secret of at least so many bytes'
const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
const jwk = publicKey.export({ format: 'jwk' })
const SIGNERS = {
  HS256: (signed: string) => createHmac('sha256', secret).update(signed).digest('base64url'),
  RS256: (signed: string) =>
    nodeSign('sha256', Buffer.from(signed), privateKey).toString('base64url'),
} as const
const checks = { issuer: ['a', 'b'], audience: 'me', clockTolerance: 10 }
const theirs = {
  HS256: new TextEncoder().encode(secret),
  RS256: await importJWK(jwk, 'RS256'),
} as const
const shared = { issuer: checks.issuer, audience: 'me', clockToleranceSeconds: 10 } as const
const ours = {
  HS256: jwt({ ...shared, algorithms: ['HS256'], secret }),
  RS256: jwt({ ...shared, algorithms: ['RS256'], publicKey: jwk }),
} as const

/** Mostly right, so that whole tokens often are. */
const mostly = (usual: unknown, other: fc.Arbitrary<unknown>) =>
  fc.oneof({ weight: 5, arbitrary: fc.constant(usual) }, { weight: 1, arbitrary: other })
const near = fc.oneof(
  fc.integer({ min: NOW - 15, max: NOW + 15 }),
  fc.constantFrom(`${NOW}`, null, true, NOW + 100, NOW - 100, undefined),
)
const claims = fc.record({
  iss: mostly('a', fc.constantFrom('b', 'c', 1, undefined)),
  aud: mostly('me', fc.constantFrom('you', ['me'], ['you', 'me'], ['you'], [], 1, undefined)),
  // jose takes a token without an end, unless told otherwise.
  exp: mostly(NOW + 60, near).map((exp) => exp ?? null),
  nbf: mostly(undefined, near),
})
const heads = fc.record({
  alg: mostly('own', fc.constantFrom('HS256', 'RS256', 'none', 'PS256', 1, undefined)),
  crit: mostly(undefined, fc.constantFrom(['exp'], [], 'x')),
  typ: mostly('JWT', fc.constantFrom('x', undefined)),
})
const mangle = fc.oneof(
  { weight: 6, arbitrary: fc.constant((token: string) => token) },
  {
    weight: 1,
    arbitrary: fc
      .tuple(fc.nat({ max: 2000 }), fc.constantFrom('A', '.', ' ', '=', '', '+'))
      .map(([at, text]) => (token: string) => {
        const place = at % token.length
        return token.slice(0, place) + text + token.slice(place + 1)
      }),
  },
)

test.each(['HS256', 'RS256'] as const)('%s', async (algorithm) => {
  const seen = { accepted: 0, refused: 0 }
  await fc.assert(
    fc.asyncProperty(heads, claims, mangle, async (head, payload, change) => {
      const header = { ...head, alg: head.alg === 'own' ? algorithm : head.alg }
      const signed = [header, payload]
        .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
        .join('.')
      const token = change(`${signed}.${SIGNERS[algorithm](signed)}`)
      const expected = await jwtVerify(token, theirs[algorithm], {
        ...checks,
        algorithms: [algorithm],
        currentDate: new Date(NOW * 1000),
      }).then(
        () => true,
        () => false,
      )
      const { status } = await attempt(ours[algorithm], {
        headers: { authorization: `Bearer ${token}` },
      })
      expect({ token, accepted: status === 200 }).toEqual({ token, accepted: expected })
      seen[expected ? 'accepted' : 'refused']++
    }),
    { numRuns: 250 },
  )
  expect(seen.accepted).toBeGreaterThan(20)
  expect(seen.refused).toBeGreaterThan(20)
})
