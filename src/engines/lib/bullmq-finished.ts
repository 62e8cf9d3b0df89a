import type { DeadLetter, ReplayOptions, ReplaySelection } from '../../inbox/engine.ts'
import { isRefusal, type BullJob, type BullQueue, type Finished } from './bullmq-binding.ts'
import { isRecord, toRecord } from './bullmq-record.ts'

export async function* deadLetters(queue: BullQueue): AsyncGenerator<DeadLetter> {
  for await (const job of finished(queue, ['failed'])) {
    const record = toRecord(job)
    if (record) yield { record, reason: job.failedReason ?? '', at: job.finishedOn! }
  }
}

/** Puts finished jobs back, as they are: their keys are known and would be duplicates. How many there were. */
export async function replayJobs(
  queue: BullQueue,
  selection: ReplaySelection,
  options: ReplayOptions,
): Promise<number> {
  let count = 0
  for await (const job of selected(queue, selection)) {
    if (await putBack(job, ['completed', 'failed'], options)) count++
  }
  return count
}

/** False if the job is not finished, or somebody else was quicker. */
export async function putBack(
  job: BullJob,
  states: readonly string[],
  { before }: ReplayOptions = {},
): Promise<boolean> {
  const state = await job.getState()
  if (!states.includes(state)) return false
  await before?.([job.data.key])
  try {
    await job.retry(state as Finished, { resetAttemptsMade: true, resetAttemptsStarted: true })
    return true
  } catch (error) {
    if (isRefusal(error)) return false
    throw error
  }
}

async function* selected(queue: BullQueue, selection: ReplaySelection): AsyncGenerator<BullJob> {
  if ('dead' in selection) return yield* finished(queue, ['failed'])
  if ('keys' in selection) return yield* withKeys(queue, selection.keys)
  for await (const job of finished(queue, ['completed', 'failed'])) {
    if (job.data.receivedAt >= selection.since) yield job
  }
}

async function* withKeys(queue: BullQueue, keys: readonly string[]): AsyncGenerator<BullJob> {
  const unknown = new Set<string>()
  for (const key of new Set(keys)) {
    const id = await queue.getDeduplicationJobId(key)
    const job = id === null ? undefined : await queue.getJob(id)
    if (job) yield job
    else unknown.add(key)
  }
  if (unknown.size === 0) return
  // Dead letters are kept for longer than their keys.
  for await (const job of finished(queue, ['failed'])) if (unknown.has(job.data.key)) yield job
}

/** Oldest first; those that were there at the beginning, for the set changes while it is read. */
async function* finished(queue: BullQueue, states: Finished[]): AsyncGenerator<BullJob> {
  for (const id of await queue.getRanges(states, 0, -1, true)) {
    const job = await queue.getJob(id)
    if (job?.finishedOn && isRecord(job)) yield job
  }
}
