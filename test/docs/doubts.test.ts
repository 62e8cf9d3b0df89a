/** What the sources leave open is an option with a default, never decided in silence. */
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { idOf, importProvider, providerEntries } from '../../scripts/catalogue/describe.ts'
import { root } from '../../scripts/entries.ts'

/** What is not of the sender's own saying. */
const IS_INFERRED = /\b(?:inferred|assumed|third part(?:y|ies)\b)/i
/** Retries and the like, which are told to people and have no part in the code. */
const IS_TOLD_ONLY = /; nothing here goes by (?:it|them)$/
const OPTIONS = /: see ((?:`\w+`(?:, | and )?)+)/g

/** The names of the options that a provider takes, by the text of their type. */
function optionsOf(id: string): ReadonlySet<string> {
  const source = readFileSync(`${root}src/providers/${id}.ts`, 'utf8')
  const types = [...source.matchAll(/^export (?:interface|type) \w+Options\b.*?\n\n/gms)].join('\n')
  const shared = types.includes('CertificateSettings')
    ? readFileSync(`${root}src/schemes/certificate.ts`, 'utf8')
    : ''
  const declared = `${types}${shared}`.matchAll(/^ *readonly (\w+)\??:/gm)
  const picked = /\bPick<[^>]*>/.exec(types)?.[0].matchAll(/'(\w+)'/g) ?? []
  return new Set([...declared, ...picked].map(([, name]) => name!))
}

const namedIn = (doubt: string) =>
  [...doubt.matchAll(OPTIONS)].flatMap(([, names]) =>
    [...names!.matchAll(/`(\w+)`/g)].map(([, name]) => name!),
  )

test.each(providerEntries.map(idOf))('%s', async (id) => {
  const { facts } = await importProvider(id)
  const options = optionsOf(id)
  const findings = (facts.doubts ?? []).flatMap((doubt) => {
    const named = namedIn(doubt)
    const missing = named.filter((name) => !options.has(name))
    if (missing.length > 0) return [`${doubt} – no option ${missing.join(', ')}`]
    const isSilent = IS_INFERRED.test(doubt) && named.length === 0 && !IS_TOLD_ONLY.test(doubt)
    return isSilent ? [`${doubt} – names no option`] : []
  })
  expect(findings).toEqual([])
})

test.each([
  ['That it is so is inferred: see `identity`', ['identity']],
  [
    'The 10 s are assumed: see `deadlineSeconds` and `toleranceSeconds`. And more',
    ['deadlineSeconds', 'toleranceSeconds'],
  ],
  ['The `header` is a third party’s', []],
])('%s', (doubt, named) => {
  expect(namedIn(doubt)).toEqual(named)
  expect(doubt).toMatch(IS_INFERRED)
})

test.each(['aws-sns', 'paypal'])('%s says what is not checked without roots', async (id) => {
  const { facts } = await importProvider(id)
  const source = readFileSync(`${root}src/providers/${id}.ts`, 'utf8')
  const docstring = source.slice(0, source.indexOf('export function')).split('/**').at(-1)!
  for (const text of [facts.doubts!.join('\n'), docstring.replaceAll(/\s+\*\s+/g, ' ')]) {
    expect(text).toMatch(/Without `roots`[^.;\n]* no authority/)
    expect(text).toMatch(/evocation is never checked/)
  }
})
