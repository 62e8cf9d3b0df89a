import { dropbox } from 'webhook-target/providers/dropbox'
import { defineSample, OTHER_SECRET, SECRET, type VectorPreset } from '../sample.ts'

export const samples = [
  defineSample({
    provider: dropbox({ secret: SECRET }),
    stranger: dropbox({ secret: OTHER_SECRET }),
    message: { body: { list_folder: { accounts: ['dbid:1'] } } },
    event: { type: 'list_folder' },
  }),
]

export const vectors: VectorPreset = { keys: [], create: ({ secret }) => dropbox({ secret }) }
