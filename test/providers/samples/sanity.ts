import { member } from 'webhook-target'
import { sanity } from 'webhook-target/providers/sanity'
import { defineSample, OTHER_SECRET, SECRET, type VectorPreset } from '../sample.ts'

const message = {
  headers: { 'idempotency-key': 'k-1' },
  body: { _id: 'a', _type: 'article' },
}

export const samples = [
  defineSample({
    provider: sanity({ secret: SECRET }),
    stranger: sanity({ secret: OTHER_SECRET }),
    message,
    event: { type: 'webhook', id: 'k-1' },
  }),
  defineSample({
    variant: 'with a type of its own',
    provider: sanity({ secret: SECRET, type: member('_type'), identity: 'content' }),
    stranger: sanity({ secret: OTHER_SECRET }),
    message,
    event: { type: 'article', id: undefined },
  }),
]

export const vectors: VectorPreset = { keys: [], create: ({ secret }) => sanity({ secret }) }
