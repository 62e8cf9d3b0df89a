// P10: an RS256 token as Google's push subscriptions send it, against jose with its key imported once.
import { generateKeyPairSync, sign as nodeSign } from 'node:crypto'
import { defineProvider, type Scheme } from 'webhook-target'
import { jwt } from 'webhook-target/schemes/jwt'
import { NEW_TOKEN, SAME_TOKEN, type Contender, type Contest } from '../lib/contest.ts'
import { pushEvent } from '../lib/deliveries.ts'
import { ourContenders } from '../lib/our-contenders.ts'
import { importPeer } from '../lib/peers.ts'

interface Jose {
  readonly importJWK: (jwk: object, algorithm: string) => Promise<unknown>
  readonly jwtVerify: (token: string, key: unknown, options: object) => Promise<unknown>
}

const ISSUER = 'https://accounts.google.com'
const AUDIENCE = 'https://hooks.example.test/webhook'
/** More than are remembered, so that each is new when its turn comes. */
const TOKENS = 2000

const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
const kid = 'c7e1f6bd0c5a4a4c92a8f3d7f5b7a90e12345678'
const jwk = { ...publicKey.export({ format: 'jwk' }), kid, alg: 'RS256', use: 'sig' }

export async function contest(bytes: number): Promise<Contest> {
  const body = pushEvent(bytes)
  const tokens = Array.from({ length: TOKENS }, (_, number) => createToken(String(number)))
  // The signature of the first under the claims of the second.
  const [first, second] = tokens.map((token) => token.split('.')) as [string[], string[]]
  const forged = [...second.slice(0, 2), first[2]].join('.')
  const nextOf = (values: readonly string[], other: string) => {
    let turn = 0
    return (received: Buffer) => (received === body ? values[turn++ % TOKENS]! : other)
  }
  const nextToken = nextOf(tokens, forged)
  const fields = tokens.map(toField)

  const { importJWK, jwtVerify } = await importPeer<Jose>('jose')
  const key = await importJWK(jwk, 'RS256')
  const checks = { algorithms: ['RS256'], issuer: ISSUER, audience: AUDIENCE }
  return {
    body,
    baseline: {
      what: 'jwtVerify',
      verify: (received) => jwtVerify(nextToken(received), key, checks),
    },
    contenders: [
      await schemeFor(NEW_TOKEN, nextOf(fields, toField(forged))),
      await schemeFor(SAME_TOKEN, (received) => (received === body ? fields[0]! : toField(forged))),
    ],
  }
}

/** In one piece, as a parser of requests gives them: text that was joined is taken apart at its first reading. */
const toField = (token: string) => Buffer.from(`Bearer ${token}`).toString()

/** The scheme in the form that the other contests have it, with a token of its own for each delivery. */
async function schemeFor(what: string, fieldFor: (body: Buffer) => string): Promise<Contender> {
  let field = ''
  const headers = {
    'content-type': 'application/json',
    get authorization() {
      return field
    },
  }
  const [alone] = await ourContenders(defineProvider({ name: 'push', verify: scheme() }), headers)
  return {
    what,
    verify(body) {
      field = fieldFor(body)
      return alone!.verify(body)
    },
  }
}

const scheme = (): Scheme =>
  jwt({ algorithms: ['RS256'], publicKey: jwk, issuer: ISSUER, audience: AUDIENCE })

function createToken(number: string): string {
  const now = Math.floor(Date.now() / 1000)
  const claims = {
    aud: AUDIENCE,
    azp: '113774264463038321964',
    email: 'push@example.iam.gserviceaccount.com',
    email_verified: true,
    exp: now + 3600,
    iat: now,
    iss: ISSUER,
    sub: number.padStart(21, '1'),
  }
  const signed = [{ alg: 'RS256', kid, typ: 'JWT' }, claims]
    .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
    .join('.')
  return `${signed}.${nodeSign('sha256', Buffer.from(signed), privateKey).toString('base64url')}`
}
