import { standardWebhooks } from 'webhook-target/providers/standard-webhooks'
import { ed25519Pair } from '../keys.ts'
import { defineSample, OTHER_WHSEC, WHSEC, type VectorPreset } from '../sample.ts'

const pair = ed25519Pair()
const other = ed25519Pair()
const asPublicKey = (hex: string) => `whpk_${Buffer.from(hex, 'hex').toString('base64')}`

export const samples = [
  defineSample({
    variant: 'v1',
    provider: standardWebhooks({ secret: WHSEC }),
    stranger: standardWebhooks({ secret: OTHER_WHSEC }),
    message: { headers: { 'webhook-id': 'msg_1' }, body: { type: 'invoice.paid', data: {} } },
    event: { type: 'invoice.paid', id: 'msg_1' },
  }),
  defineSample({
    variant: 'v1a',
    provider: standardWebhooks({ secret: asPublicKey(pair.publicKey) }),
    stranger: standardWebhooks({ secret: asPublicKey(other.publicKey) }),
    privateKey: pair.privateKey,
    message: { headers: { 'webhook-id': 'msg_2' }, body: { type: 'invoice.paid', data: {} } },
    event: { type: 'invoice.paid', id: 'msg_2' },
  }),
]

export const vectors: VectorPreset = {
  keys: [],
  create: ({ secret, publicKey }) => standardWebhooks({ secret: secret ?? publicKey }),
}
