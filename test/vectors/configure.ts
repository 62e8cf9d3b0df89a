import type { Provider, SecretSource } from 'webhook-target'
import type { Given } from '../providers/sample.ts'
import { sampleModules } from '../providers/sample-modules.ts'
import type { Config, PublicKey, Vector } from './vector.ts'

export interface Configured {
  readonly provider: Provider
  readonly publicUrl: string | undefined
}

/**
 * What a vector is to be sent to, by what the samples of its provider say; `undefined` if there is none.
 *
 * @throws {Error} for a configuration key that its provider does not know
 */
export function configure(vector: Vector): Configured | undefined {
  const preset = sampleModules.get(vector.provider)?.vectors
  if (!preset) return undefined
  const config: Config = { ...vector.config, ...vector.options }
  const unknown = Object.keys(config).filter((key) => !preset.keys.includes(key))
  if (unknown.length > 0) {
    throw new Error(`Unknown configuration of ${vector.provider}: ${unknown.join(', ')}`)
  }
  const provider = preset.create({
    secret: vector.secret ?? undefined,
    publicKey: toKeys(vector.publicKey),
    config: config as Given['config'],
    vector,
  })
  // What the sender was told to call; two names for the same thing.
  const publicUrl = config['publicUrl'] ?? config['url']
  return { provider: provider as Provider, publicUrl: publicUrl as string | undefined }
}

/** A map of keys is given as a list: which one a sender used is for the provider to find out. */
function toKeys(publicKey: PublicKey | null | undefined): SecretSource | undefined {
  if (typeof publicKey !== 'object' || publicKey === null) return publicKey ?? undefined
  return Array.isArray(publicKey) ? (publicKey as readonly string[]) : Object.values(publicKey)
}
