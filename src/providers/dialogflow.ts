import { defineProvider, first, member, type ProviderFacts } from '../provider.ts'
import { enteredCredential, type EnteredCredential } from '../schemes/entered-credential.ts'
import type { Provider, Scheme } from '../types.ts'

export type DialogflowOptions = (
  | EnteredCredential
  | {
      /** Another scheme, for the identity tokens that CX can send. */
      readonly verify: Scheme
    }
) & {
  /** Of CX the timeout of the webhook, up to 30 s. @default 5 */
  readonly deadlineSeconds?: number
}

/**
 * Dialogflow, ES and CX: a user name and password, or a header, as entered for the webhook; nothing is
 * signed. The type is the tag of a CX webhook, or the display name of the ES intent. The answer is what the
 * user gets to hear: `reply({ fulfillmentText: 'Hello' })`, of at most 64 KiB. Without one it is `{}`, and
 * Dialogflow goes on with what the agent has. It never calls again; equal requests get the same reply.
 *
 * @see https://cloud.google.com/dialogflow/es/docs/fulfillment-webhook
 * @throws {TypeError} `ERR_SECRET_EMPTY`, `ERR_SECRET_MALFORMED`, `ERR_OPTION_INVALID`
 */
export function dialogflow(options: DialogflowOptions): Provider {
  const { deadlineSeconds = 5 } = options
  return defineProvider({
    name: 'dialogflow',
    verify: 'verify' in options ? options.verify : enteredCredential(options),
    event: {
      type: first(member('fulfillmentInfo.tag'), member('queryResult.intent.displayName')),
      // No id: those of the payload are of the turn, in which several webhooks may be called.
    },
    acknowledge: {
      deadlineSeconds,
      success: { headers: { 'content-type': 'application/json' }, body: '{}' },
      refusedStatus: 401,
      replyType: 'application/json',
      retries: false,
    },
  })
}

export const facts: ProviderFacts = {
  title: 'Dialogflow',
  docs: [
    'https://cloud.google.com/dialogflow/es/docs/fulfillment-webhook',
    'https://cloud.google.com/dialogflow/cx/docs/concept/webhook',
  ],
  checked: '2026-11',
  delivered: [200],
  deliveredNote: 'with a WebhookResponse in JSON, at most 64 KiB',
  retriedOn: [],
  givenUpOn: ['else'],
  doubts: [
    'The 5 s of ES are inferred; of CX they are the default, up to 30 s: see `deadlineSeconds`',
    'Flexible webhooks of CX have bodies of your own making, so no type is found in them',
  ],
}
