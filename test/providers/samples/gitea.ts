import { gitea } from 'webhook-target/providers/gitea'
import { defineSample, OTHER_SECRET, SECRET, type VectorPreset } from '../sample.ts'

const headers = { 'x-gitea-event': 'pull_request', 'x-gitea-delivery': 'd-1' }
const event = {
  type: 'pull_request',
  subtype: 'opened',
  id: 'd-1',
  data: { action: 'opened' },
}

export const samples = [
  defineSample({
    provider: gitea({ secret: SECRET }),
    stranger: gitea({ secret: OTHER_SECRET }),
    message: { headers, body: { action: 'opened' } },
    event,
  }),
  defineSample({
    variant: 'as a form',
    provider: gitea({ secret: SECRET }),
    stranger: gitea({ secret: OTHER_SECRET }),
    message: {
      headers: { ...headers, 'content-type': 'application/x-www-form-urlencoded' },
      // Written without escapes, which could be written in another way too.
      body: 'payload={"action":"opened"}',
    },
    event,
  }),
]

export const vectors: VectorPreset = { keys: [], create: ({ secret }) => gitea({ secret }) }
