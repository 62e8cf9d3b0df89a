/** Every provider on the runtime at hand: its vectors, and what its samples sign. */
import { createWebhookHandler, defineProvider } from 'webhook-target'
import { hmac } from 'webhook-target/schemes/hmac'
import { sign } from 'webhook-target/testing'
import { NOW, SAMPLE_URL, SECRET, type Sample } from '../../providers/sample.ts'
import { sampleModules } from '../../providers/sample-modules.ts'
import { check } from '../../vectors/check.ts'
import type { Verdict } from '../check.ts'
import { vectorFiles } from './vector-files.ts'

/** @param crypto what the sources are to have found on this runtime */
export async function runSuite(crypto: 'node' | 'web'): Promise<readonly Verdict[]> {
  const verdicts: Verdict[] = [foundCrypto(crypto)]
  for (const vector of vectorFiles.flat()) {
    const verdict = await check(vector)
    const name = `vector ${vector.id}`
    verdicts.push(verdict.kind === 'passed' ? { name } : { name, failure: verdict.reason })
  }
  for (const [provider, { samples }] of sampleModules) {
    for (const sample of samples) {
      if (sample.unsigned !== undefined) continue
      const name = `sample ${[provider, sample.variant].filter(Boolean).join(', ')}`
      verdicts.push({ name, ...(await failureOf(sample)) })
    }
  }
  return verdicts
}

/** Only node:crypto lets a handler answer in the same turn. */
function foundCrypto(expected: 'node' | 'web'): Verdict {
  const name = `cryptography of ${expected}`
  const provider = defineProvider({
    name: 'sender',
    verify: hmac({ secret: SECRET, header: 'x-signature' }),
  })
  const handler = createWebhookHandler({ provider, on: {}, telemetry: {} })
  const reply = handler.receive({
    method: 'POST',
    origin: 'https://hooks.example.com',
    target: '/',
    headers: new Headers({ 'x-signature': '0'.repeat(64) }),
    readBody: () => new Uint8Array(),
  })
  const found = reply instanceof Promise ? 'web' : 'node'
  return found === expected ? { name } : { name, failure: `It is of ${found}` }
}

async function failureOf(sample: Sample): Promise<{ failure?: string }> {
  try {
    const { provider, stranger, coversBody = true } = sample
    const request = await signed(sample)
    const statuses = {
      genuine: await statusOf(provider, request.clone()),
      stranger: await statusOf(stranger, request.clone()),
      forged: coversBody ? await statusOf(provider, await forge(request)) : 401,
    }
    const { genuine, stranger: other, forged } = statuses
    const holds = isSuccess(genuine) && isRefusal(other) && isRefusal(forged)
    return holds ? {} : { failure: JSON.stringify(statuses) }
  } catch (error) {
    return { failure: String(error) }
  }
}

const isSuccess = (status: number) => status >= 200 && status < 300
const isRefusal = (status: number) => status >= 400 && status < 500

function signed({ provider, message, privateKey }: Sample): Promise<Request> {
  const options = { now: NOW * 1000, ...(privateKey && { privateKey }) }
  return sign(provider, { url: SAMPLE_URL, ...message }, options)
}

/** The same request with a space more. */
async function forge(request: Request): Promise<Request> {
  const { url, method, headers } = request
  return new Request(url, { method, headers, body: `${await request.text()} ` })
}

async function statusOf(provider: Sample['provider'], request: Request): Promise<number> {
  let worked = false
  const handler = createWebhookHandler({
    provider,
    on: { '*': () => void (worked = true) },
    clock: () => NOW * 1000,
    telemetry: {},
  })
  const { status } = await handler(request)
  return isSuccess(status) && !worked ? 0 : status
}
