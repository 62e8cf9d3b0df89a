import { adobeIo } from 'webhook-target/providers/adobe-io'
import { keyEndpoint } from '../key-endpoint.ts'
import { rsaPair } from '../keys.ts'
import { defineSample, type VectorPreset } from '../sample.ts'

const { publicKey, privateKey } = rsaPair()
const PATH = '/prod/keys/pub-key-1.pem'

const publishing = (keys: Readonly<Record<string, string>>) => ({
  fetch: keyEndpoint(
    Object.fromEntries(
      Object.entries(keys).map(([path, pem]) => [`https://static.adobeioevents.com${path}`, pem]),
    ),
  ),
})

const clientId = 'my-client'
const event = { '@type': 'xdmCreated', 'activitystreams:published': '2023-11-14T22:13:19Z' }

export const samples = [
  defineSample({
    provider: adobeIo({ clientId, download: publishing({ [PATH]: publicKey }) }),
    stranger: adobeIo({ clientId, download: publishing({ [PATH]: rsaPair().publicKey }) }),
    privateKey,
    namesKey: true,
    message: {
      headers: { 'x-adobe-public-key1-path': PATH, 'x-adobe-retry-count': '2' },
      body: { event_id: 'e-1', event, recipient_client_id: clientId },
    },
    event: { type: 'xdmCreated', id: 'e-1', timestamp: 1_699_999_999_000, attempt: 3 },
  }),
  defineSample({
    variant: 'a CloudEvent',
    provider: adobeIo({ clientId, download: publishing({ [PATH]: publicKey }) }),
    stranger: adobeIo({ clientId: 'another', download: publishing({ [PATH]: publicKey }) }),
    privateKey,
    namesKey: true,
    message: {
      headers: {
        'content-type': 'application/cloudevents+json',
        'x-adobe-public-key1-path': PATH,
      },
      body: {
        specversion: '1.0',
        id: 'c-1',
        type: 'com.adobe.thing',
        source: 'urn:adobe',
        time: '2023-11-14T22:13:19Z',
        recipientclientid: clientId,
        data: {},
      },
    },
    event: { type: 'com.adobe.thing', id: 'c-1', timestamp: 1_699_999_999_000, attempt: 1 },
  }),
  defineSample({
    variant: 'a type in a header, which is not signed',
    provider: adobeIo({ clientId, download: publishing({ [PATH]: publicKey }) }),
    stranger: adobeIo({ clientId: 'another', download: publishing({ [PATH]: publicKey }) }),
    privateKey,
    namesKey: true,
    message: {
      headers: { 'x-adobe-public-key1-path': PATH, 'ce-type': 'com.adobe.thing' },
      body: { event_id: 'e-2', recipient_client_id: clientId },
    },
    event: { type: 'unknown', id: 'e-2' },
  }),
]

export const vectors: VectorPreset = {
  keys: ['clientId'],
  create: ({ config, vector }) =>
    adobeIo({
      clientId: config['clientId'],
      download: publishing((vector.publicKey ?? {}) as Record<string, string>),
    }),
}
