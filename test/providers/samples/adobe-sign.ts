import { adobeSign } from 'webhook-target/providers/adobe-sign'
import { defineSample, type VectorPreset } from '../sample.ts'

export const samples = [
  defineSample({
    provider: adobeSign({ clientId: 'CBJCHBCAABAA' }),
    stranger: adobeSign({ clientId: 'CBJCHBCAABAB' }),
    message: {
      body: {
        event: 'AGREEMENT_CREATED',
        webhookNotificationId: 'n-1',
        eventDate: '2023-11-14T22:13:19Z',
      },
    },
    event: { type: 'AGREEMENT_CREATED', id: 'n-1', timestamp: 1_699_999_999_000 },
    coversBody: false,
  }),
]

export const vectors: VectorPreset = {
  keys: ['clientId'],
  create: ({ config }) => adobeSign({ clientId: config['clientId'] }),
}
