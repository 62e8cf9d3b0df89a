import { googleHealth } from 'webhook-target/providers/google-health'
import { keyEndpoint, toTinkKeyset } from '../key-endpoint.ts'
import { p256Pair } from '../keys.ts'
import { defineSample, type VectorPreset } from '../sample.ts'

const KEYSET = 'https://www.gstatic.com/googlehealthapi/webhooks/webhooks_public_keyset.json'
const publishing = (keys: Readonly<Record<string, string>>) => ({
  fetch: keyEndpoint({ [KEYSET]: toTinkKeyset(keys) }),
})

const { publicKey, privateKey } = p256Pair()
const secret = 'Bearer a secret of any sender'
const download = publishing({ '00000a0b': p256Pair().publicKey, '0a1b2c3d': publicKey })
const data = { version: '1', healthUserId: 'u-1', operation: 'UPSERT', dataType: 'steps' }
const event = { type: 'steps', subtype: 'UPSERT', data: { data } }

export const samples = [
  defineSample({
    provider: googleHealth({ secret, download }),
    stranger: googleHealth({ secret, download: publishing({ '0a1b2c3d': p256Pair().publicKey }) }),
    privateKey,
    namesKey: true,
    message: { body: { data } },
    event,
  }),
  defineSample({
    variant: 'a list, without the secret',
    provider: googleHealth({ secret, download, authorization: 'verification' }),
    stranger: googleHealth({ secret: 'Bearer another', download }),
    privateKey,
    namesKey: true,
    message: { body: [{ data }] },
    event,
  }),
]

export const vectors: VectorPreset = {
  keys: [],
  create: ({ secret: given, vector }) =>
    googleHealth({
      secret: given,
      download: publishing(vector.publicKey as Record<string, string>),
    }),
}
