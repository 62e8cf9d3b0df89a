import type { BullConnection, BullQueue, BullWorker } from './bullmq-binding.ts'
import { within } from './bullmq-within.ts'

/** How long connections may take to close once nothing is under way. */
const MAX_CLOSE_MS = 5000

/** Closes what BullMQ has opened, after the work under way. Without Redis, BullMQ would wait for it to come back. */
export async function close(
  target: BullQueue | BullWorker,
  { connection }: BullConnection,
  active: ReadonlySet<Promise<void>> = new Set(),
): Promise<void> {
  const closing = target.close()
  do {
    await Promise.all(active)
    if (await isDone(closing)) return
  } while (active.size > 0) // it had just been fetched
  // This, too, may wait for Redis; and it would close a client that is not ours.
  if (!isClient(connection)) void target.disconnect().catch(() => undefined)
}

const isDone = (closing: Promise<void>): Promise<boolean> =>
  within(MAX_CLOSE_MS, closing).then(
    () => true,
    () => false,
  )

/** As BullMQ tells a client from options. */
const isClient = (connection: object): boolean =>
  typeof (connection as { duplicate?: unknown }).duplicate === 'function'
