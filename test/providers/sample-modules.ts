import { readdirSync } from 'node:fs'
import type { SampleModule } from './sample.ts'

const names = readdirSync(`${import.meta.dirname}/samples`)
  .filter((file) => file.endsWith('.ts'))
  .map((file) => file.slice(0, -'.ts'.length))
  .toSorted()

const load = async (name: string): Promise<SampleModule> => import(`./samples/${name}.ts`)

/** By the name of the provider: a new one is one more file in `samples`. */
export const sampleModules: ReadonlyMap<string, SampleModule> = new Map(
  await Promise.all(names.map(async (name) => [name, await load(name)] as const)),
)
