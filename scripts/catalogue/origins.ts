/**
 * Where a provider finds what it says of an event. Extractors are functions, so it is found out: the sample
 * is delivered once more for each header, parameter and member of it, with that one changed, and what then
 * differs in the event comes from there.
 */
import { createWebhookHandler, type Provider, type Scheme } from 'webhook-target'
import { sign } from 'webhook-target/testing'
import { NOW, SAMPLE_URL, type Sample } from '../../test/providers/sample.ts'
import { variantsOf, type Variant } from './variants.ts'

const ASPECTS = ['id', 'type', 'timestamp', 'attempt'] as const
type Aspect = (typeof ASPECTS)[number]

interface Seen extends Readonly<Record<Aspect, string | number | undefined>> {
  readonly type: string
}

export interface Origins {
  /** The type of the sample. */
  readonly type: string
  /** Places in the request: ``header `x-id` ``, `` `data.id` ``. */
  readonly from: Readonly<Record<Aspect, readonly string[]>>
  /** By what duplicates are known: an id of the sender, equal content, or nothing at all. */
  readonly identity: 'sender' | 'content' | 'none'
  /** Whether what the id is made of is signed; `undefined` if that can't be found out. */
  readonly isIdSigned: boolean | undefined
}

export async function findOrigins(sample: Sample): Promise<Origins> {
  const request = await requestOf(sample)
  const before = await look(sample.provider, request)
  const from: Record<Aspect, string[]> = { id: [], type: [], timestamp: [], attempt: [] }
  const repeated = await look(sample.provider, request)
  if (!before || !repeated) throw new Error(`The sample of ${sample.provider.name} has no event`)

  const ofId: Variant[] = []
  for (const variant of await variantsOf(request)) {
    const after = await look(sample.provider, variant.request)
    if (!after) continue
    const changed = ASPECTS.filter(
      // What differs by itself, as ids of our own do, is not from here.
      (aspect) => before[aspect] !== after[aspect] && before[aspect] === repeated[aspect],
    )
    for (const aspect of changed) from[aspect].push(variant.place)
    if (changed.includes('id')) ofId.push(variant)
  }
  const identity =
    before.id === undefined ? 'content' : before.id === repeated.id ? 'sender' : 'none'
  return { type: before.type, from, identity, isIdSigned: await isEachRefused(sample, ofId) }
}

/** Takes every request: what is asked here is not whether one is genuine. */
const OPEN: Scheme = {
  name: 'open',
  headers: [],
  applies: () => true,
  open: () => () => ({ secret: 0 }),
  sign: (message) => message,
}

/** As the sender would send it where that can be had, for ids that are read beside a signature. */
function requestOf({ provider, message, privateKey }: Sample): Promise<Request> {
  const signer = provider.verify.sign ? provider : { name: provider.name, verify: OPEN }
  const options = { now: NOW * 1000, ...(privateKey && { privateKey }) }
  return sign(signer, { url: SAMPLE_URL, ...message }, options)
}

/** The first event of a delivery, `undefined` if there is none. */
async function look(provider: Provider, request: Request): Promise<Seen | undefined> {
  let seen: Seen | undefined
  const handler = createWebhookHandler({
    provider: { ...provider, verify: OPEN, challenges: [] },
    on: {
      '*'({ id, type, timestamp }, { attempt }) {
        seen ??= { id, type, timestamp, attempt }
      },
    },
    clock: () => NOW * 1000,
    dedupe: false,
    telemetry: {},
  })
  await handler(request.clone())
  return seen
}

async function isEachRefused(
  { provider, unsigned }: Sample,
  variants: readonly Variant[],
): Promise<boolean | undefined> {
  if (unsigned !== undefined || variants.length === 0) return undefined
  for (const { request } of variants) if (await isAccepted(provider, request)) return false
  return true
}

async function isAccepted(provider: Provider, request: Request): Promise<boolean> {
  let isVerified = false
  const handler = createWebhookHandler({
    provider: { ...provider, challenges: [] },
    on: { '*': () => void (isVerified = true) },
    clock: () => NOW * 1000,
    dedupe: false,
    telemetry: {},
  })
  await handler(request.clone())
  return isVerified
}
