/** What an endpoint does, whatever way a delivery comes in. Run for both doors and for the hosts. */
import type { Door } from '../support/doors.ts'
import { batches } from './batches.ts'
import { challenges } from './challenges.ts'
import { contexts } from './contexts.ts'
import { deadlines } from './deadlines.ts'
import { duplicates } from './duplicates.ts'
import { limits } from './limits.ts'
import { outcomes } from './outcomes.ts'
import { payloads } from './payloads.ts'
import { reports } from './reports.ts'
import { verification } from './verification.ts'

export function testBehaviours(door: Door): void {
  for (const group of [
    verification,
    challenges,
    limits,
    payloads,
    outcomes,
    batches,
    deadlines,
    contexts,
    duplicates,
    reports,
  ]) {
    group(door)
  }
}
