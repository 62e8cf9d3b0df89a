import { box } from 'webhook-target/providers/box'
import { defineSample, OTHER_SECRET, SECRET, type VectorPreset } from '../sample.ts'

const body = { id: 'b-1', trigger: 'FILE.UPLOADED', created_at: '2023-11-14T14:13:20-08:00' }
const event = { type: 'FILE.UPLOADED', id: 'b-1', timestamp: 1_700_000_000_000 }

export const samples = [
  defineSample({
    provider: box({ primaryKey: SECRET }),
    stranger: box({ primaryKey: OTHER_SECRET }),
    message: { body },
    event,
  }),
  defineSample({
    variant: 'by the secondary key',
    provider: box({ secondaryKey: SECRET }),
    stranger: box({ primaryKey: SECRET, secondaryKey: OTHER_SECRET }),
    message: { body },
    event,
  }),
]

export const vectors: VectorPreset = {
  keys: ['primaryKey', 'secondaryKey'],
  create: ({ config }) => box(config),
}
