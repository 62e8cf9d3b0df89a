import { after } from '../lib/awaitable.ts'
import { crypto, type Chunk } from '../lib/crypto.ts'
import type { DeliveredEvent } from '../event.ts'
import type { Awaitable } from '../types.ts'

/** Ids longer than this are hashed, so that a sender can't fill the memory with them. */
const MAX_ID_LENGTH = 200

/**
 * Gives an event its key: provider, endpoint with the values of its parameters, and id, so that one
 * tenant's or endpoint's events never suppress another's. A sender without ids gets a hash of the content.
 */
export function identify(event: DeliveredEvent): Awaitable<void> {
  const { id } = event
  const stable = id !== undefined && id.length <= MAX_ID_LENGTH ? id : hashOf(event, id)
  return after(stable, (text) => setKey(event, text))
}

function setKey(event: DeliveredEvent, id: string): void {
  event.key = `${event.provider}:${scopeOf(event)}:${id}`
}

/** Colons are escaped: they separate the parts of the key, and the id comes last. */
function scopeOf({ delivery }: DeliveredEvent): string {
  const route = delivery.host?.route
  if (!route) return ''
  return [route.pattern, ...Object.values(route.params)]
    .map((part) => part.replace(/[%:/]/g, encodeURIComponent))
    .join('/')
}

function hashOf(event: DeliveredEvent, id: string | undefined): Awaitable<string> {
  return crypto.hash('sha256', id ?? contentOf(event), 'base64url')
}

/** The item of a batch, else the whole body. */
function contentOf(event: DeliveredEvent): Chunk {
  return event.isBatchItem ? JSON.stringify(event.payload) : event.delivery.body
}
