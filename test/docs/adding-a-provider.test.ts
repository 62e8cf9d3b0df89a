/** The guide for new providers, followed to the letter: its files are written, and its command is run. */
import { spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { afterAll, expect, test } from 'vitest'
import { root } from '../../scripts/entries.ts'
import { receive } from '../providers/deliver.ts'
import { NOW, SAMPLE_URL, type SampleModule } from '../providers/sample.ts'
import { meaningOfAnswer, sign } from 'webhook-target/testing'
import type { ProviderFacts } from 'webhook-target'

const page = readFileSync(`${root}docs/adding-a-provider.md`, 'utf8')
/** Inside the project, so that the package's name leads to its sources. */
const folder = `${root}.cache/guide-${process.pid}`
const files = new Map(
  [...page.matchAll(/^```ts\n\/\/ ([\w.-]+)\n([^]*?)^```$/gm)].map(([, name, code]) => [
    name!,
    code!,
  ]),
)
const command = /^```sh\nnode (.+)\n```$/m.exec(page)?.[1]?.split(' ') ?? []

function write(change = (code: string) => code): void {
  mkdirSync(folder, { recursive: true })
  for (const [name, code] of files) {
    writeFileSync(`${folder}/${name}`, name === 'parcels.ts' ? change(code) : code)
  }
}

/** Runs the command of the guide with its files, after a change to one of them. */
function follow(change?: (code: string) => string) {
  write(change)
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [
      '--conditions=@webhook-target/source',
      '--test-reporter=tap',
      '--test-isolation=none',
      ...command,
    ],
    { cwd: folder, encoding: 'utf8', env: { ...process.env, NODE_OPTIONS: '' } },
  )
  const passed = Number(/^# pass (\d+)$/m.exec(stdout)?.[1])
  return { status, passed, output: stdout + stderr }
}

afterAll(() => rmSync(folder, { recursive: true, force: true }))

const STARTS_NODE = { timeout: 30_000 }

test('the provider of the guide passes its tests', STARTS_NODE, () => {
  expect([...files.keys()]).toEqual(['parcels.ts', 'parcels.test.ts'])
  const { status, passed, output } = follow()
  expect(status, output).toBe(0)
  expect(passed).toBe(files.get('parcels.test.ts')!.match(/^test\(/gm)!.length)
})

test.each([
  { name: 'leaves the id out of what is signed', from: '{id}.{timestamp}', to: '{timestamp}' },
  { name: 'takes any age', from: "unit: 's', toleranceSeconds", to: 'toleranceSeconds: false' },
  { name: 'takes any secret', from: '      secret,\n', to: "      secret: 'pk_of_somebody',\n" },
  { name: 'takes the challenge for an event', from: "'url.check'", to: "'url.checked'" },
])('the tests of the guide find out a provider that $name', STARTS_NODE, ({ from, to }) => {
  const { status, output } = follow((code) => {
    expect(code).toContain(from)
    return code.replace(from, to)
  })
  expect(status, output).toBe(1)
})

test('the provider has facts that go into the catalogue', async () => {
  write()
  const { facts } = (await import(`${folder}/parcels.ts`)) as { readonly facts: ProviderFacts }
  expect(Object.keys(facts)).toEqual(expect.arrayContaining(['title', 'docs', 'checked', 'doubts']))
  const meanings = ([200, 204, 410, 401, 503, 'timeout'] as const).map((answer) =>
    meaningOfAnswer(facts, answer),
  )
  expect(meanings).toEqual(['delivered', 'delivered', 'given-up', 'retried', 'retried', 'retried'])
})

test('its sample is one that the tests of all providers can use', async () => {
  const sample = /^```ts\n\/\/ test\/providers\/samples\/parcels\.ts\n([^]*?)^```$/m.exec(page)![1]!
  write()
  writeFileSync(
    `${folder}/sample-of-parcels.ts`,
    sample
      .replace("'webhook-target/providers/parcels'", "'./parcels.ts'")
      .replace("'../sample.ts'", `'${root}test/providers/sample.ts'`),
  )
  const { samples, vectors } = (await import(`${folder}/sample-of-parcels.ts`)) as SampleModule
  expect(samples.length).toBeGreaterThan(0)
  expect(vectors.keys).toEqual([])
  for (const { provider, stranger, message, event } of samples) {
    const request = await sign(provider, { url: SAMPLE_URL, ...message }, { now: NOW * 1000 })
    expect(await receive(stranger, request.clone())).toMatchObject({ status: 401, events: [] })
    expect((await receive(provider, request)).events).toMatchObject([event])
  }
})

test('it names the command for the snapshot of what is exported', () => {
  expect(page).toContain('npm run check:package -- -u')
})
