/**
 * Two deliveries of the same signed content have one key, over all providers. Where the sender's id is in a
 * header that it does not sign, whoever sends a delivery again can change it: those are listed, and say so in
 * their options.
 */
import { sign } from 'webhook-target/testing'
import { expect, test } from 'vitest'
import { receive, withHeaders } from './deliver.ts'
import { NOW, SAMPLE_URL, type Sample } from './sample.ts'
import { sampleModules } from './sample-modules.ts'

/** Of the request as such, and not of the sender. */
const OF_HTTP: ReadonlySet<string> = new Set(['content-type', 'content-length', 'host'])

async function keysOf({ provider }: Sample, request: Request): Promise<readonly string[]> {
  return (await receive(provider, request)).events.map(({ key }) => key)
}

/** Of these, an option goes by the content instead, but for tokens, which do not cover the body at all. */
const IN_AN_UNSIGNED_HEADER = [
  'bitbucket',
  'cloudevents-http-webhook',
  'eventarc',
  'gitea',
  'github',
  'gitlab',
  'google-cloud-tasks',
  'google-pubsub-push',
  'jira',
  'linear',
  'pagerduty',
  'razorpay',
  'sanity',
  'sentry',
  'shopify',
  'twilio',
  'zendesk',
]

/** Whether a change of what is not signed makes another event of it. */
async function canBeRenamed(sample: Sample): Promise<boolean> {
  const { provider, message, privateKey } = sample
  const options = { now: NOW * 1000, ...(privateKey && { privateKey }) }
  const request = await sign(provider, { url: SAMPLE_URL, ...message }, options)
  const keys = await keysOf(sample, request.clone())
  expect(keys.length).toBeGreaterThan(0)
  const unsigned = [...request.headers.keys()].filter(
    (name) => !OF_HTTP.has(name) && !provider.verify.headers.includes(name),
  )
  for (const name of unsigned) {
    for (const value of ['another', undefined]) {
      const renamed = await keysOf(sample, withHeaders(request, { [name]: value }))
      if (renamed.length > 0 && renamed.join(' ') !== keys.join(' ')) return true
    }
  }
  return false
}

test('what is signed decides, but for the senders whose id is in an unsigned header', async () => {
  const found = new Set<string>()
  for (const [name, { samples }] of sampleModules) {
    for (const sample of samples) {
      if (sample.unsigned === undefined && (await canBeRenamed(sample))) found.add(name)
    }
  }
  expect([...found]).toEqual(IN_AN_UNSIGNED_HEADER)
})
