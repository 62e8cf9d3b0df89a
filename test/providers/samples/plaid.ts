import { plaid } from 'webhook-target/providers/plaid'
import { p256Pair } from '../keys.ts'
import { credentials, plaidApi } from '../plaid-api.ts'
import { defineSample, type VectorPreset } from '../sample.ts'

const [current, other] = [p256Pair(), p256Pair()] as const

export const samples = [
  defineSample({
    provider: plaid({
      ...credentials,
      download: { fetch: plaidApi({ 'test-key': current.publicKey }) },
    }),
    stranger: plaid({
      ...credentials,
      download: { fetch: plaidApi({ 'test-key': other.publicKey }) },
    }),
    privateKey: current.privateKey,
    message: {
      body: {
        webhook_type: 'TRANSACTIONS',
        webhook_code: 'SYNC_UPDATES_AVAILABLE',
        item_id: 'i-1',
        environment: 'production',
      },
    },
    event: { type: 'TRANSACTIONS', subtype: 'SYNC_UPDATES_AVAILABLE' },
  }),
]

export const vectors: VectorPreset = {
  keys: [],
  create: ({ vector: { publicKey } }) =>
    plaid({
      ...credentials,
      download: { fetch: plaidApi(publicKey as Readonly<Record<string, string>>) },
    }),
}
