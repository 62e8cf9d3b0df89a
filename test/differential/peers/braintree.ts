import { createRequire } from 'node:module'
import { braintree } from 'webhook-target/providers/braintree'
import { OTHER_SECRET, SECRET } from '../../providers/sample.ts'
import { accepted } from '../differences.ts'
import { definePeer } from '../peer.ts'

interface Notification {
  readonly bt_signature: string
  readonly bt_payload: string
}

interface Gateway {
  readonly webhookNotification: { parse(signature: string, payload: string): Promise<unknown> }
  readonly webhookTesting: { sampleNotification(kind: string, id: string): Notification }
}

/** The package brings no types. */
interface Package {
  readonly BraintreeGateway: new (config: object) => Gateway
  readonly Environment: { readonly Sandbox: object }
}

const require = createRequire(import.meta.url)
const { BraintreeGateway, Environment } = require('braintree') as Package
const publicKey = 'public_key'

/** The package makes an object of it, which takes a subject. */
const xml =
  '<notification><timestamp type="datetime">2023-11-14T22:13:20Z</timestamp><kind>check</kind>' +
  '<subject><check type="boolean">true</check></subject></notification>\n'

const gateway = (privateKey: string) =>
  new BraintreeGateway({
    environment: Environment.Sandbox,
    merchantId: 'merchant',
    publicKey,
    privateKey,
  })

export const peers = [
  definePeer({
    name: 'braintree',
    provider: (secret) => braintree({ secret, publicKey }),
    secret: SECRET,
    otherSecret: OTHER_SECRET,
    message: { body: xml },
    signature: { in: 'body', at: /bt_signature=public_key%7C(\w*)/ },
    verify: ({ text }, secret) => {
      const form = new URLSearchParams(text)
      const { webhookNotification } = gateway(secret)
      return webhookNotification.parse(form.get('bt_signature')!, form.get('bt_payload')!)
    },
    sign: (_message, secret) => {
      const { webhookTesting } = gateway(secret)
      const form = new URLSearchParams({ ...webhookTesting.sampleNotification('check', '1') })
      return {
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
        body: Buffer.from(form.toString()),
      }
    },
    differences: {
      'a byte order mark before the body': accepted(
        'It is no part of what is signed, and forms are decoded without it',
      ),
    },
  }),
]
