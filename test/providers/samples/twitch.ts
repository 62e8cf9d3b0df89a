import { twitch } from 'webhook-target/providers/twitch'
import { defineSample, OTHER_SECRET, SECRET, type VectorPreset } from '../sample.ts'

const provider = twitch({ secret: SECRET })
const stranger = twitch({ secret: OTHER_SECRET })
const headers = { 'twitch-eventsub-message-id': 'm-1', 'twitch-eventsub-message-retry': '1' }
const arrival = { id: 'm-1', attempt: 2, timestamp: 1_700_000_000_000 }

export const samples = [
  defineSample({
    provider,
    stranger,
    message: {
      headers,
      body: { subscription: { id: 's-1', type: 'channel.follow' }, event: { user_id: '1' } },
    },
    event: { type: 'channel.follow', subtype: undefined, ...arrival },
  }),
  defineSample({
    variant: 'a revocation',
    provider,
    stranger,
    message: {
      // What the header says is not signed.
      headers: { ...headers, 'twitch-eventsub-message-type': 'notification' },
      body: { subscription: { id: 's-1', type: 'channel.follow', status: 'user_removed' } },
    },
    event: { type: 'revocation', subtype: 'user_removed', ...arrival },
  }),
]

export const vectors: VectorPreset = { keys: [], create: ({ secret }) => twitch({ secret }) }
