/** What the catalogue says of each provider, read from its definition, its `facts` and its samples. */
import type { Challenge, Provider } from 'webhook-target'
import type { ProviderFacts } from '../../src/provider.ts'
import type { Sample } from '../../test/providers/sample.ts'
import { sampleModules } from '../../test/providers/sample-modules.ts'
import { entries } from '../entries.ts'
import { findOrigins, type Origins } from './origins.ts'

export interface Description {
  /** `github` */
  readonly id: string
  /** `webhook-target/providers/github` */
  readonly specifier: string
  /** The function it exports: `github`. */
  readonly export: string
  readonly facts: ProviderFacts
  /** One for each way of setting the sender up that the samples show. */
  readonly schemes: readonly SchemeDescription[]
  /** Why the samples can't be signed, if nobody but the sender can or nothing is signed. */
  readonly unsigned: string | undefined
  readonly challenges: readonly Pick<Challenge, 'name' | 'method' | 'signed'>[]
  readonly contract: NonNullable<Provider['acknowledge']>
  readonly origins: Origins
}

export interface SchemeDescription {
  readonly name: string
  readonly headers: readonly string[]
  /** Whether it proves the whole body. */
  readonly coversBody: boolean
}

interface ProviderModule {
  readonly facts: ProviderFacts
  readonly [name: string]: unknown
}

/** The providers of the package, by the names of their files. */
export const providerEntries = entries().filter(({ output }) => output.startsWith('providers/'))
export const idOf = ({ output }: { readonly output: string }): string =>
  output.slice('providers/'.length)

export const importProvider = (id: string): Promise<ProviderModule> =>
  import(`../../src/providers/${id}.ts`)

export async function describeProviders(): Promise<readonly Description[]> {
  const descriptions: Description[] = []
  for (const entry of providerEntries) {
    const id = idOf(entry)
    const samples = sampleModules.get(id)?.samples
    if (!samples?.[0]) throw new Error(`${id} has no sample in test/providers/samples`)
    const module = await importProvider(id)
    descriptions.push(await describe({ id, specifier: entry.specifier, module, samples }))
  }
  return descriptions
}

async function describe(found: {
  readonly id: string
  readonly specifier: string
  readonly module: ProviderModule
  readonly samples: readonly Sample[]
}): Promise<Description> {
  const { id, specifier, module, samples } = found
  const first = samples[0]!
  return {
    id,
    specifier,
    export: functionOf(id, module),
    facts: module.facts,
    schemes: unique(samples.map(schemeOf)),
    unsigned: first.unsigned,
    challenges: unique(samples.flatMap(({ provider }) => provider.challenges ?? [])),
    contract: first.provider.acknowledge ?? {},
    origins: await findOrigins(first),
  }
}

function schemeOf({ provider: { verify }, coversBody = true }: Sample): SchemeDescription {
  return { name: verify.name, headers: verify.headers, coversBody }
}

function functionOf(id: string, module: ProviderModule): string {
  const name = Object.keys(module).find((key) => key.toLowerCase() === id.replaceAll('-', ''))
  if (name === undefined) throw new Error(`src/providers/${id}.ts exports no function of its name`)
  return name
}

/** What looks the same is said once. */
function unique<Item extends object>(items: readonly Item[]): readonly Item[] {
  return [...new Map(items.map((item) => [JSON.stringify(item), item])).values()]
}
