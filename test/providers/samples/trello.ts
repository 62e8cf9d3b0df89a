import { trello } from 'webhook-target/providers/trello'
import { defineSample, OTHER_SECRET, SECRET, type VectorPreset } from '../sample.ts'

export const samples = [
  defineSample({
    coversUrl: true,
    provider: trello({ secret: SECRET }),
    stranger: trello({ secret: OTHER_SECRET }),
    message: {
      body: { action: { id: 'a-1', type: 'updateCard', date: '2023-11-14T22:13:19.000Z' } },
    },
    event: { type: 'updateCard', id: 'a-1', timestamp: 1_699_999_999_000 },
  }),
]

export const vectors: VectorPreset = {
  keys: ['url'],
  create: ({ secret }) => trello({ secret }),
}
