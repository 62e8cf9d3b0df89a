import type { InboxRecord } from '../../inbox/engine.ts'
import { fromBase64, toBase64 } from './base64.ts'
import type { BullJob, JobData } from './bullmq-binding.ts'

export function toJobData({ key, receivedAt, head, body, order }: InboxRecord): JobData {
  return { key, receivedAt, head, body: toBase64(body), ...(order !== undefined && { order }) }
}

/** Whether it is not somebody else's, who uses the same queue. */
export function isRecord({ data }: BullJob): boolean {
  const { key, head, body } = (data ?? {}) as Partial<JobData>
  return [key, head, body].every((text) => typeof text === 'string')
}

/** `undefined` if it is not one. */
export function toRecord(job: BullJob): InboxRecord | undefined {
  if (!isRecord(job)) return undefined
  const { key, receivedAt, head, body: text, order } = job.data
  const body = fromBase64(text)
  return (
    body && {
      key,
      endpoint: job.name,
      receivedAt,
      head,
      body,
      ...(order !== undefined && { order }),
    }
  )
}
