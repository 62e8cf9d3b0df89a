import { jira } from 'webhook-target/providers/jira'
import { defineSample, OTHER_SECRET, SECRET, type VectorPreset } from '../sample.ts'

export const samples = [
  defineSample({
    provider: jira({ secret: SECRET }),
    stranger: jira({ secret: OTHER_SECRET }),
    message: {
      headers: { 'x-atlassian-webhook-identifier': 'j-1', 'x-atlassian-webhook-retry': '2' },
      body: { webhookEvent: 'jira:issue_created', timestamp: 1_700_000_000_000 },
    },
    event: { type: 'jira:issue_created', id: 'j-1', timestamp: 1_700_000_000_000, attempt: 3 },
  }),
]

export const vectors: VectorPreset = { keys: [], create: ({ secret }) => jira({ secret }) }
