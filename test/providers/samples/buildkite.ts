import { buildkite } from 'webhook-target/providers/buildkite'
import { defineSample, OTHER_SECRET, SECRET, type VectorPreset } from '../sample.ts'

const message = {
  headers: { 'x-buildkite-event': 'build.finished' },
  body: { event: 'build.finished', build: { id: 'b-1' } },
}
const event = { type: 'build.finished', id: undefined }

export const samples = [
  defineSample({
    variant: 'with a token',
    provider: buildkite({ secret: SECRET }),
    stranger: buildkite({ secret: OTHER_SECRET }),
    message,
    event,
    coversBody: false,
  }),
  defineSample({
    variant: 'signed',
    provider: buildkite({ secret: SECRET, mode: 'signature' }),
    stranger: buildkite({ secret: OTHER_SECRET, mode: 'signature' }),
    message,
    event,
  }),
]

export const vectors: VectorPreset = {
  keys: ['mode'],
  create: ({ secret, config }) => buildkite({ secret, ...config }),
}
