import { strava } from 'webhook-target/providers/strava'
import { defineSample, SECRET, type VectorPreset } from '../sample.ts'

export const samples = [
  defineSample({
    provider: strava({ verifyToken: SECRET, subscriptionId: 120_475 }),
    stranger: strava({ verifyToken: SECRET, subscriptionId: 120_476 }),
    message: {
      body: { object_type: 'activity', aspect_type: 'update', event_time: 1_699_999_999 },
    },
    event: { type: 'activity', subtype: 'update', timestamp: 1_699_999_999_000 },
    coversBody: false,
    evidence: /"subscription_id":(\d+)/,
  }),
]

export const vectors: VectorPreset = {
  keys: ['subscriptionId'],
  create: ({ secret, config }) =>
    strava({ verifyToken: secret, subscriptionId: config['subscriptionId'] ?? (() => undefined) }),
}
