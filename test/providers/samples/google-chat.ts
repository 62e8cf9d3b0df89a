import { googleChat } from 'webhook-target/providers/google-chat'
import {
  AUDIENCE,
  CHAT_KEYS,
  fromVector,
  googlePair,
  publishing,
  strangerPair,
  VECTOR_KEYS,
} from '../google-keys.ts'
import { defineSample, type VectorPreset } from '../sample.ts'

const { privateKey } = googlePair
const body = {
  type: 'MESSAGE',
  eventTime: '2023-11-14T22:13:19Z',
  message: { name: 'spaces/A/messages/1', text: 'hello' },
  space: { name: 'spaces/A' },
}
const event = { type: 'MESSAGE', id: 'spaces/A/messages/1', timestamp: 1_699_999_999_000 }

export const samples = [
  defineSample({
    provider: googleChat({ audience: AUDIENCE, download: publishing(googlePair) }),
    stranger: googleChat({ audience: AUDIENCE, download: publishing(strangerPair) }),
    privateKey,
    message: { body },
    event,
    coversBody: false,
  }),
  defineSample({
    variant: 'by project number',
    provider: googleChat({
      projectNumber: '1234567890',
      download: publishing(googlePair, CHAT_KEYS),
    }),
    stranger: googleChat({
      projectNumber: '1234567890',
      download: publishing(strangerPair, CHAT_KEYS),
    }),
    privateKey,
    message: { body },
    event,
    coversBody: false,
  }),
  defineSample({
    variant: 'as an add-on',
    provider: googleChat({
      audience: AUDIENCE,
      serviceAccountEmail: 'service-1234567890@gcp-sa-gsuiteaddons.iam.gserviceaccount.com',
      download: publishing(googlePair),
    }),
    stranger: googleChat({ audience: AUDIENCE, download: publishing(googlePair) }),
    privateKey,
    message: {
      body: {
        commonEventObject: { hostApp: 'CHAT' },
        chat: {
          user: { name: 'users/1' },
          eventTime: '2023-11-14T22:13:19Z',
          messagePayload: { message: body.message, space: body.space },
        },
      },
    },
    event: { ...event, type: 'messagePayload' },
    coversBody: false,
  }),
]

export const vectors: VectorPreset = {
  keys: VECTOR_KEYS,
  create: ({ config }) => googleChat(fromVector(config)),
}
