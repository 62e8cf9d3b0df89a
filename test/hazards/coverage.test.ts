import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'

const root = join(import.meta.dirname, '../..')

/** The hazards of an endpoint; the numbers left out are of providers and stores that are not here. */
const HAZARDS = Array.from({ length: 26 }, (_, i) => i + 1).concat([
  32, 33, 34, 35, 36, 39, 40, 41, 42, 43, 45, 46, 47,
])

test('each hazard has a test that names it', () => {
  const titles = globSync('test/{hazards,adapters}/**/*.test.ts', { cwd: root }).flatMap((file) =>
    [...readFileSync(join(root, file), 'utf8').matchAll(/['"`]H(\d+) \w/g)].map(([, id]) =>
      Number(id),
    ),
  )
  expect(HAZARDS.filter((id) => !titles.includes(id)).map((id) => `H${id}`)).toEqual([])
})
