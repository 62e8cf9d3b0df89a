/** Our side of a contest: the scheme of a provider alone, and the whole handler. */
import {
  type WebhookEvent,
  createWebhookHandler,
  defineProvider,
  type Delivery,
  type EventMap,
  type IncomingParts,
  type Provider,
  type Scheme,
} from 'webhook-target'
import { NOT_READ, READ, SCHEME, type Contender } from './contest.ts'

type Headers = Readonly<Record<string, string>>

/** @param headers by lower-case name */
export async function ourContenders<Events extends EventMap>(
  provider: Provider<Events>,
  headers: Headers,
): Promise<readonly Contender[]> {
  return [
    await schemeAlone(provider.verify, headers),
    wholeHandler(NOT_READ, () => undefined, { provider, headers }),
    wholeHandler(READ, ({ data }) => data, { provider, headers }),
  ]
}

/** What a handler does to verify, and nothing else it does. */
async function schemeAlone(scheme: Scheme, headers: Headers): Promise<Contender> {
  const deliveries = new Map<Buffer, Delivery>()
  const deliveryOf = async (body: Buffer) => {
    const delivery = await captureDelivery(toParts(headers, body))
    deliveries.set(body, delivery)
    return check(delivery)
  }
  const check = (delivery: Delivery) => {
    const opened = scheme.open(delivery)
    return opened instanceof Promise
      ? opened.then((verifyBody) => verifyBody(delivery))
      : opened(delivery)
  }
  return {
    what: SCHEME,
    verify(body) {
      const known = deliveries.get(body)
      return known ? check(known) : deliveryOf(body)
    },
  }
}

function wholeHandler<Events extends EventMap>(
  what: string,
  effect: (event: { readonly data: unknown }) => unknown,
  { provider, headers }: { readonly provider: Provider<Events>; readonly headers: Headers },
): Contender {
  const handler = createWebhookHandler({
    provider,
    dedupe: false, // it is the same delivery again and again
    on: { '*': (event: WebhookEvent) => void effect(event) },
    telemetry: {},
  })
  const isAccepted = ({ status }: { readonly status: number }) => status < 300
  return {
    what,
    verify(body) {
      const reply = handler.receive(toParts(headers, body))
      return reply instanceof Promise ? reply.then(isAccepted) : isAccepted(reply)
    },
  }
}

/** A delivery as a handler makes it: a scheme is given one. */
async function captureDelivery(parts: IncomingParts): Promise<Delivery> {
  let captured: Delivery | undefined
  const verify: Scheme = {
    name: 'capture',
    headers: [],
    applies: () => true,
    open: () => (delivery) => {
      captured = delivery
      return { secret: 0 }
    },
  }
  const provider = defineProvider({ name: 'capture', verify })
  await createWebhookHandler({ provider, dedupe: false, on: {} }).receive(parts)
  return captured!
}

function toParts(headers: Headers, body: Buffer): IncomingParts {
  return {
    method: 'POST',
    origin: 'https://hooks.example.test',
    target: '/webhook',
    headers: {
      get: (name) => headers[name] ?? null,
      [Symbol.iterator]: () => Object.entries(headers)[Symbol.iterator](),
    },
    readBody: () => body,
  }
}
