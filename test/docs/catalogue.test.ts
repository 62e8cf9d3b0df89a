/** The catalogue of providers, and what it is made from. */
import { existsSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import {
  describeProviders,
  idOf,
  importProvider,
  providerEntries,
} from '../../scripts/catalogue/describe.ts'
import { cataloguePage } from '../../scripts/catalogue/page.ts'
import { root } from '../../scripts/entries.ts'
import { sampleModules } from '../providers/sample-modules.ts'

/** Providers without vectors, and why. */
const WITHOUT_VECTORS: Readonly<Record<string, string>> = {
  'cloudevents-http-webhook':
    'The specification publishes no delivery, and the token is anyone’s own',
}

const ids = providerEntries.map(idOf)
const descriptions = await describeProviders()

test('docs/providers.md is up to date; npm run catalogue writes it', () => {
  expect(readFileSync(`${root}docs/providers.md`, 'utf8')).toBe(cataloguePage(descriptions))
})

test('what is found out of a provider is the same each time', async () => {
  expect(cataloguePage(await describeProviders())).toBe(cataloguePage(descriptions))
})

describe.each(ids)('%s', (id) => {
  test('exports facts with sources and the month they were read in', async () => {
    const { facts } = await importProvider(id)
    expect(facts.title).toMatch(/\S/)
    expect(facts.checked).toMatch(/^20\d\d-(0[1-9]|1[0-2])$/)
    expect(facts.docs.filter((url) => !URL.canParse(url) || !url.startsWith('https://'))).toEqual(
      [],
    )
    for (const text of Object.values(facts).flat()) {
      if (typeof text === 'string') expect(text).not.toMatch(/[|<>\n]|\.$/)
    }
  })

  test('has a sample, and vectors or a reason why not', () => {
    expect(sampleModules.get(id)?.samples.length).toBeGreaterThan(0)
    const hasVectors = existsSync(`${root}test/vectors/${id}.json`)
    expect([hasVectors, id in WITHOUT_VECTORS]).toEqual([hasVectors, !hasVectors])
  })

  test('is called by the name of its file', () => {
    for (const { provider } of sampleModules.get(id)?.samples ?? []) expect(provider.name).toBe(id)
  })
})

test('titles differ, as links lead to them', () => {
  const titles = descriptions.map(({ facts }) => facts.title.toLowerCase())
  expect(titles.filter((title, at) => titles.indexOf(title) !== at)).toEqual([])
})

test('no sample or reason is left of a provider that is gone', () => {
  const known = [...sampleModules.keys(), ...Object.keys(WITHOUT_VECTORS)]
  expect(known.filter((id) => !ids.includes(id))).toEqual([])
})
