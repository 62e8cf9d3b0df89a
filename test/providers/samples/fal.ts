import { generateKeyPairSync } from 'node:crypto'
import { fal } from 'webhook-target/providers/fal'
import { keyEndpoint, toJwks } from '../key-endpoint.ts'
import { defineSample, type VectorPreset } from '../sample.ts'

const publishing = (...keys: readonly string[]) => ({
  fetch: keyEndpoint({ 'https://rest.fal.ai/.well-known/jwks.json': toJwks(keys) }),
})

function pair() {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519')
  return {
    publicKey: publicKey.export({ type: 'spki', format: 'pem' }) as string,
    seed: new Uint8Array(Buffer.from(privateKey.export({ format: 'jwk' }).d!, 'base64url')),
  }
}

const [old, current, other] = [pair(), pair(), pair()] as const

export const samples = [
  defineSample({
    provider: fal({ userIds: ['u-1'], download: publishing(old.publicKey, current.publicKey) }),
    stranger: fal({ download: publishing(other.publicKey) }),
    privateKey: current.seed,
    message: {
      headers: { 'x-fal-webhook-request-id': 'r-1', 'x-fal-webhook-user-id': 'u-1' },
      body: { request_id: 'r-1', gateway_request_id: 'r-1', status: 'OK', payload: { images: [] } },
    },
    event: { type: 'OK', id: 'r-1', timestamp: 1_700_000_000_000 },
  }),
]

export const vectors: VectorPreset = {
  keys: [],
  create: ({ publicKey: keys }) =>
    fal({ download: publishing(...[keys as string | string[]].flat()) }),
}
