import { readdirSync } from 'node:fs'
import { readVectors, type Vector } from '../../vectors/vector.ts'

const folder = `${import.meta.dirname}/../../vectors`

/** The vectors of all providers, a list each. A bundle has them inlined, as it has no folder to look into. */
export const vectorFiles: readonly (readonly Vector[])[] = readdirSync(folder)
  .filter((file) => file.endsWith('.json'))
  .map((file) => readVectors(`${folder}/${file}`))
