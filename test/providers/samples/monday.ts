import { monday } from 'webhook-target/providers/monday'
import { defineSample, OTHER_SECRET, SAMPLE_URL, SECRET, type VectorPreset } from '../sample.ts'

export const samples = [
  defineSample({
    provider: monday({ secret: SECRET, url: SAMPLE_URL }),
    stranger: monday({ secret: OTHER_SECRET, url: SAMPLE_URL }),
    message: {
      body: {
        event: {
          app: 'monday',
          type: 'update_column_value',
          triggerTime: '2023-11-14T22:13:19.000Z',
          triggerUuid: 'b5ed2e17c530f43668de130142445cba',
          boardId: 1,
          pulseId: 2,
        },
      },
    },
    event: {
      type: 'update_column_value',
      id: 'b5ed2e17c530f43668de130142445cba',
      timestamp: 1_699_999_999_000,
    },
    coversBody: false,
  }),
]

export const vectors: VectorPreset = {
  keys: [],
  create: ({ secret = SECRET, vector }) => monday({ secret, url: vector.request.url }),
}
