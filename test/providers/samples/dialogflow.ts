import { dialogflow } from 'webhook-target/providers/dialogflow'
import {
  defineSample,
  OTHER_SECRET,
  SECRET,
  splitCredential,
  type VectorPreset,
} from '../sample.ts'

export const samples = [
  defineSample({
    variant: 'ES',
    provider: dialogflow({ username: 'agent', secret: SECRET }),
    stranger: dialogflow({ username: 'agent', secret: OTHER_SECRET }),
    message: {
      body: {
        responseId: 'r-1',
        session: 'projects/p/agent/sessions/s',
        queryResult: { queryText: 'hi', intent: { displayName: 'Welcome' } },
      },
    },
    event: { type: 'Welcome', id: undefined },
    coversBody: false,
  }),
  defineSample({
    variant: 'CX',
    provider: dialogflow({ header: 'x-agent-key', secret: SECRET }),
    stranger: dialogflow({ header: 'x-agent-key', secret: OTHER_SECRET }),
    message: { body: { detectIntentResponseId: 'r-1', fulfillmentInfo: { tag: 'order-status' } } },
    event: { type: 'order-status', id: undefined },
    coversBody: false,
  }),
]

export const vectors: VectorPreset = {
  keys: ['auth'],
  create: ({ secret, config: { auth } }) =>
    dialogflow(auth === 'basic' ? splitCredential(secret) : { header: auth!, secret }),
}
