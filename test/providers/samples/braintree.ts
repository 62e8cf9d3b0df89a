import { braintree } from 'webhook-target/providers/braintree'
import { defineSample, OTHER_SECRET, SECRET, type VectorPreset } from '../sample.ts'

const publicKey = 'public_key'
const xml =
  '<notification><timestamp type="datetime">2023-11-14T22:13:20Z</timestamp><kind>check</kind></notification>\n'

export const samples = [
  defineSample({
    provider: braintree({ secret: SECRET, publicKey }),
    stranger: braintree({ secret: OTHER_SECRET, publicKey }),
    message: { body: xml },
    event: { type: 'check', id: undefined, timestamp: 1_700_000_000_000, data: xml },
    // What is signed can be escaped in several ways.
    coversBody: false,
    evidence: /bt_signature=\w+%7C([^&]+)/,
  }),
]

export const vectors: VectorPreset = {
  keys: ['publicKey'],
  create: ({ secret, config }) => braintree({ secret, publicKey: config['publicKey']! }),
}
