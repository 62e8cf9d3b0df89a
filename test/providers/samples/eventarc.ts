import { eventarc } from 'webhook-target/providers/eventarc'
import { fromVector, google, googlePair, stranger, VECTOR_KEYS } from '../google-keys.ts'
import { defineSample, type VectorPreset } from '../sample.ts'

export const samples = [
  defineSample({
    provider: eventarc(google),
    stranger: eventarc(stranger),
    privateKey: googlePair.privateKey,
    message: {
      headers: {
        'ce-id': '1',
        'ce-source': '//storage.googleapis.com/projects/_/buckets/b',
        'ce-specversion': '1.0',
        'ce-type': 'google.cloud.storage.object.v1.finalized',
        'ce-subject': 'objects/%C3%A4.txt',
        'ce-time': '2023-11-14T22:13:19Z',
      },
      body: { bucket: 'b', name: 'ä.txt' },
    },
    event: {
      type: 'google.cloud.storage.object.v1.finalized',
      id: '//storage.googleapis.com/projects/_/buckets/b 1',
      timestamp: 1_699_999_999_000,
      data: { bucket: 'b', name: 'ä.txt' },
    },
    coversBody: false,
  }),
]

export const vectors: VectorPreset = {
  keys: VECTOR_KEYS,
  create: ({ config }) => eventarc(fromVector(config)),
}
