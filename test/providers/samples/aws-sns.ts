import { awsSns } from 'webhook-target/providers/aws-sns'
import { rsaPair } from '../keys.ts'
import { defineSample, type VectorPreset } from '../sample.ts'

const { publicKey, privateKey } = rsaPair()
const topicArn = 'arn:aws:sns:us-east-1:123456789012:orders'
const options = { topicArns: [topicArn], publicKey }
const message = {
  headers: { 'content-type': 'text/plain; charset=UTF-8' },
  body: JSON.stringify({
    Type: 'Notification',
    MessageId: 'm-1',
    TopicArn: topicArn,
    Message: '{"order":\n1}',
    Timestamp: '2023-11-14T22:13:19.000Z',
  }),
}
const event = { type: 'Notification', id: 'm-1', timestamp: 1_699_999_999_000 }

export const samples = [
  defineSample({
    variant: 'with SHA-256',
    provider: awsSns(options),
    stranger: awsSns({ ...options, publicKey: rsaPair().publicKey }),
    privateKey,
    message,
    event,
    // Its signature is in the body, beside members that are not signed, and not of its bytes.
    coversBody: false,
    evidence: /"Signature":"([^"]+)"/,
  }),
  defineSample({
    variant: 'with SHA-1',
    provider: awsSns({ ...options, signatureVersions: ['1'] }),
    stranger: awsSns({ ...options, signatureVersions: ['2'] }),
    privateKey,
    message,
    event,
    coversBody: false,
    evidence: /"Signature":"([^"]+)"/,
  }),
]

/** The topic of the recorded messages, which come without a list. */
const RECORDED = /arn:aws:sns:us-east-2:295079676684:publish-and-verify-[0-9a-f-]{36}/g

export const vectors: VectorPreset = {
  keys: ['certificates', 'topicArns'],
  create({ config, vector }) {
    const certificates: Readonly<Record<string, string>> = config['certificates'] ?? {}
    const body = Buffer.from(vector.request.bodyBase64 ?? '', 'base64').toString()
    return awsSns({
      topicArns: config['topicArns'] ?? [...body.matchAll(RECORDED)].map(([arn]) => arn),
      // Stands for Amazon: its certificates, and the confirmation of a subscription.
      async fetch(url) {
        const confirms = url.startsWith('https://sns.us-west-2.amazonaws.com/?Action=Confirm')
        return confirms
          ? new Response('<ConfirmSubscriptionResponse/>')
          : new Response(certificates[url] ?? null, { status: certificates[url] ? 200 : 404 })
      },
    })
  },
}
