import { gitlab } from 'webhook-target/providers/gitlab'
import {
  defineSample,
  OTHER_SECRET,
  OTHER_WHSEC,
  SECRET,
  WHSEC,
  type VectorPreset,
} from '../sample.ts'

export const samples = [
  defineSample({
    variant: 'with a secret token',
    provider: gitlab({ secret: SECRET }),
    stranger: gitlab({ secret: OTHER_SECRET }),
    message: {
      headers: { 'x-gitlab-event': 'Merge Request Hook', 'idempotency-key': 'k-1' },
      body: { object_kind: 'merge_request', object_attributes: { action: 'open' } },
    },
    event: { type: 'merge_request', subtype: 'open', id: 'k-1' },
    coversBody: false,
  }),
  defineSample({
    variant: 'signed',
    provider: gitlab({ secret: WHSEC, mode: 'signing-token' }),
    stranger: gitlab({ secret: OTHER_WHSEC, mode: 'signing-token' }),
    message: {
      headers: { 'webhook-id': 'w-1', 'idempotency-key': 'w-1' },
      body: { object_kind: 'push' },
    },
    event: { type: 'push', id: 'w-1' },
  }),
]

export const vectors: VectorPreset = {
  keys: ['mode', 'legacyToken'],
  create: ({ secret, config }) => gitlab({ secret, ...config }),
}
