import { defineProvider, member, time, type ProviderFacts } from '../provider.ts'
import { hmac } from '../schemes/hmac.ts'
import type { Extractable, Provider, SecretSource } from '../types.ts'

export interface ElevenLabsOptions {
  /** The shared secret of the webhook: one, several while rotating, or a function of the request. */
  readonly secret: SecretSource | undefined
  /** Seconds to either side; `false` accepts any age. @default 1800, as in their SDK */
  readonly toleranceSeconds?: number | false
}

/**
 * ElevenLabs: `v0` HMAC-SHA256 with its time in `ElevenLabs-Signature`. The type is `type`,
 * `post_call_transcription`; the id is type and conversation, as all webhooks of a call share the latter.
 * `post_call_audio` holds the whole recording: raise `limits.maxBodyBytes` for it.
 *
 * @see https://elevenlabs.io/docs/conversational-ai/workflows/post-call-webhooks
 * @throws {TypeError} `ERR_SECRET_EMPTY`
 */
export function elevenlabs({ secret, toleranceSeconds = 1800 }: ElevenLabsOptions): Provider {
  return defineProvider({
    name: 'elevenlabs',
    verify: hmac({
      secret,
      header: 'elevenlabs-signature',
      list: { separator: ',', signature: 'v0', timestamp: 't' },
      content: '{timestamp}.{body}',
      timestamp: { toleranceSeconds },
    }),
    event: {
      type: member('type'),
      id: idOf,
      timestamp: time('s', member('event_timestamp')),
    },
    acknowledge: { refusedStatus: 401 },
  })
}

const typeOf = member('type')
const conversationOf = member('data.conversation_id')

function idOf(from: Extractable): string | undefined {
  const conversation = conversationOf(from)
  return conversation && `${typeOf(from)}:${conversation}`
}

export const facts: ProviderFacts = {
  title: 'ElevenLabs',
  docs: ['https://elevenlabs.io/docs/conversational-ai/workflows/post-call-webhooks'],
  checked: '2026-07',
  delivered: [200],
  retriedOn: ['else'],
  retriedNote: 'except for HIPAA workspaces',
  disables: '10 failures in a row, if the last success is more than 7 days ago',
  doubts: [
    'No deadline and no schedule are published',
    'That others are retried is inferred from what is said of HIPAA workspaces, which are not; nothing here goes by it',
    'There is no id of a delivery: what is one for a conversation and a type counts as one event',
  ],
}
