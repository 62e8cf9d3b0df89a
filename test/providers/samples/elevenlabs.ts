import { elevenlabs } from 'webhook-target/providers/elevenlabs'
import { defineSample, OTHER_SECRET, SECRET, type VectorPreset } from '../sample.ts'

const sample = (type: string, data: object, id: string | undefined) =>
  defineSample({
    variant: type,
    provider: elevenlabs({ secret: SECRET }),
    stranger: elevenlabs({ secret: OTHER_SECRET }),
    message: { body: { type, event_timestamp: 1_700_000_000, data } },
    event: { type, id, timestamp: 1_700_000_000_000 },
  })

export const samples = [
  sample(
    'post_call_transcription',
    { conversation_id: 'conv_1' },
    'post_call_transcription:conv_1',
  ),
  sample('post_call_audio', { conversation_id: 'conv_1' }, 'post_call_audio:conv_1'),
  sample('voice_removal_notice', { voice_id: 'v' }, undefined),
]

export const vectors: VectorPreset = { keys: [], create: ({ secret }) => elevenlabs({ secret }) }
