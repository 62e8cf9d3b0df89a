/**
 * A sender without a preset, as in Google's guide to hosting a webhook target: it asks once with a
 * `challenge`, and repeats a secret with each delivery, in a header or in the JSON payload.
 *
 * @see https://cloud.google.com/run/docs/triggering/webhooks
 */
import { defineProvider, member, type Provider, type Scheme } from 'webhook-target'
import { echo } from 'webhook-target/challenges/echo'
import { anyOf } from 'webhook-target/schemes/any-of'
import { sharedSecret } from 'webhook-target/schemes/shared-secret'

export const inHeader = (secret: string): Scheme => sharedSecret({ header: 'secret', secret })
export const inPayload = (secret: string): Scheme => sharedSecret({ member: 'secret', secret })

export function tokenSender(verify: Scheme): Provider {
  return defineProvider({
    name: 'token',
    verify,
    challenges: [echo({ member: 'challenge', signed: false })],
    event: { type: member('type'), id: member('id') },
  })
}

export const token = (secret: string): Provider =>
  tokenSender(anyOf(inHeader(secret), inPayload(secret)))
