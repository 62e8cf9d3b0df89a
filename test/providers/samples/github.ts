import { github } from 'webhook-target/providers/github'
import { defineSample, OTHER_SECRET, SECRET, type VectorPreset } from '../sample.ts'

export const samples = [
  defineSample({
    provider: github({ secret: SECRET }),
    stranger: github({ secret: OTHER_SECRET }),
    message: {
      headers: { 'x-github-event': 'pull_request', 'x-github-delivery': 'd-1' },
      body: { action: 'opened' },
    },
    event: { type: 'pull_request', subtype: 'opened', id: 'd-1', data: { action: 'opened' } },
  }),
  defineSample({
    variant: 'as a form',
    provider: github({ secret: SECRET }),
    stranger: github({ secret: OTHER_SECRET }),
    message: {
      headers: {
        'content-type': 'application/x-www-form-urlencoded',
        'x-github-event': 'push',
        'x-github-delivery': 'd-2',
      },
      body: 'payload=%7B%22ref%22%3A%22main%22%7D',
    },
    event: { type: 'push', id: 'd-2', data: { ref: 'main' } },
  }),
]

export const vectors: VectorPreset = { keys: [], create: ({ secret }) => github({ secret }) }
