import { mailchimp } from 'webhook-target/providers/mailchimp'
import { defineSample, OTHER_SECRET, SECRET, type VectorPreset } from '../sample.ts'

export const samples = [
  defineSample({
    provider: mailchimp({ secret: SECRET }),
    stranger: mailchimp({ secret: OTHER_SECRET }),
    message: {
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: 'type=subscribe&fired_at=2023-11-14+22%3A13%3A19&data%5Bmerges%5D%5BFNAME%5D=Ren%C3%A9',
    },
    event: {
      type: 'subscribe',
      timestamp: 1_699_999_999_000,
      data: {
        type: 'subscribe',
        fired_at: '2023-11-14 22:13:19',
        'data[merges][FNAME]': 'Ren\u00e9',
      },
    },
    coversBody: false,
    evidence: /[?&]\w+=([^&\n]+)/,
  }),
]

export const vectors: VectorPreset = { keys: [], create: ({ secret }) => mailchimp({ secret }) }
