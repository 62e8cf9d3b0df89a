/** `npm run vectors`, in a process of its own. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test, vi } from 'vitest'
import { readVectors, type Vector } from '../vectors/vector.ts'
import { run } from './child.ts'

vi.setConfig({ testTimeout: 30_000 })

const folder = mkdtempSync(join(tmpdir(), 'vectors-'))
afterAll(() => rmSync(folder, { recursive: true }))

function write(name: string, vectors: readonly Vector[]): string {
  writeFileSync(join(folder, name), JSON.stringify(vectors))
  return join(folder, name)
}

const [accepted] = readVectors(join(import.meta.dirname, '../vectors/github.json')) as [Vector]
const good = write('good.json', [accepted, { ...accepted, id: 'later', provider: 'later' }])
const bad = write('bad.json', [{ ...accepted, id: 'bad', expect: 'reject' }])

test.each([
  {
    name: 'ends with the sums',
    paths: [good],
    status: 0,
    lines: ['skipped later: No provider later yet', '1 passed, 0 failed, 1 skipped'],
  },
  {
    name: 'fails with a vector, and with a file that is none',
    paths: [good, bad, join(folder, 'nowhere.json')],
    status: 1,
    lines: [
      'skipped later: No provider later yet',
      'failed bad: An effect ran; Expected a refusal, got 200',
      expect.stringMatching(/^failed .*nowhere\.json: ENOENT/) as string,
      '1 passed, 2 failed, 1 skipped',
    ],
  },
])('$name', async ({ paths, status, lines }) => {
  const command = run('test/vectors/run.ts', { args: paths })
  expect(await command.exit).toBe(status)
  expect(command.output().trimEnd().split('\n')).toEqual(lines)
})

test('a file without vectors is none', () => {
  expect(() => readVectors(write('empty.json', []))).toThrow(/not a list of vectors/)
})
