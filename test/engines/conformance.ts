import { describe, test } from 'vitest'
import { engineConformance, type EngineSubject } from 'webhook-target/testing'

/** Runs the published suite on an engine. */
export async function testConformance(name: string, subject: EngineSubject): Promise<void> {
  const cases = await engineConformance(subject)
  describe(name, () => {
    for (const { name: title, skip, run } of cases) {
      test.skipIf(skip)(skip ? `${title} (${skip})` : title, run)
    }
  })
}
