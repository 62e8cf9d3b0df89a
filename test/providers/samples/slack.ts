import { slack } from 'webhook-target/providers/slack'
import { defineSample, OTHER_SECRET, SECRET, type VectorPreset } from '../sample.ts'

export const samples = [
  defineSample({
    provider: slack({ secret: SECRET }),
    stranger: slack({ secret: OTHER_SECRET }),
    message: {
      headers: { 'x-slack-retry-num': '2' },
      body: {
        type: 'event_callback',
        event_id: 'Ev1',
        event_time: 1_699_999_999,
        event: { type: 'message', subtype: 'channel_join' },
      },
    },
    event: {
      type: 'message',
      subtype: 'channel_join',
      id: 'Ev1',
      attempt: 3,
      timestamp: 1_699_999_999_000,
    },
  }),
  defineSample({
    variant: 'a slash command',
    provider: slack({ secret: SECRET }),
    stranger: slack({ secret: OTHER_SECRET }),
    message: {
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: 'command=%2Fweather&text=94070&trigger_id=13345224609.738474920.80',
    },
    event: { type: '/weather', id: '13345224609.738474920.80' },
  }),
]

export const vectors: VectorPreset = { keys: [], create: ({ secret }) => slack({ secret }) }
