/** What every engine has to hold, for ours and for yours. */
import { withBench, type Case, type EngineSubject } from './engines/bench.ts'
import { LEASES } from './engines/leases.ts'
import { ORDER } from './engines/order.ts'
import { STORING } from './engines/storing.ts'
import { VERDICTS } from './engines/verdicts.ts'

export type { EngineSubject } from './engines/bench.ts'

const CASES: readonly Case[] = [...STORING, ...LEASES, ...VERDICTS, ...ORDER]

export interface ConformanceCase {
  readonly name: string
  /** Why it does not concern this engine, by what its capabilities say. */
  readonly skip: string | undefined
  /** Rejects with what was expected and what was seen. */
  readonly run: () => Promise<void>
}

/**
 * The cases, for the test runner of your choice.
 *
 * @example
 * for (const { name, skip, run } of await engineConformance(subject)) test.skipIf(skip)(name, run)
 */
export async function engineConformance(
  subject: EngineSubject,
): Promise<readonly ConformanceCase[]> {
  const engine = await subject.create()
  const missing = CASES.map(({ needs }) => needs?.(engine, subject))
  await engine.close()
  return CASES.map(({ name, run }, index) => ({
    name,
    skip: missing[index],
    run: () => withBench(subject, run),
  }))
}
