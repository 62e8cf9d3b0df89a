import { contentful } from 'webhook-target/providers/contentful'
import { defineSample, OTHER_SECRET, SECRET, type VectorPreset } from '../sample.ts'

const sample = (variant: string, url: string) =>
  defineSample({
    variant,
    provider: contentful({ secret: SECRET }),
    stranger: contentful({ secret: OTHER_SECRET }),
    message: {
      url,
      headers: {
        'content-type': 'application/vnd.contentful.management.v1+json',
        'x-contentful-topic': 'ContentManagement.Entry.publish',
        'x-contentful-idempotency-key': 'k-1',
        'x-contentful-webhook-request-attempt': '2',
      },
      body: { sys: { id: 'a' } },
    },
    event: {
      type: 'ContentManagement.Entry.publish',
      id: 'k-1',
      timestamp: 1_700_000_000_000,
      attempt: 2,
    },
  })

export const samples = [
  sample('', 'https://hooks.example.com/in'),
  sample('with a query', 'https://hooks.example.com/in/a%20b?c=d%20e&f=g'),
]

export const vectors: VectorPreset = { keys: [], create: ({ secret }) => contentful({ secret }) }
