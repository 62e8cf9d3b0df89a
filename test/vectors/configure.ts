import type { Provider, SecretSource } from 'webhook-target'
import { discord } from 'webhook-target/providers/discord'
import { github } from 'webhook-target/providers/github'
import { gitlab } from 'webhook-target/providers/gitlab'
import { meta } from 'webhook-target/providers/meta'
import { shopify } from 'webhook-target/providers/shopify'
import { slack } from 'webhook-target/providers/slack'
import { standardWebhooks } from 'webhook-target/providers/standard-webhooks'
import { stripe } from 'webhook-target/providers/stripe'
import { twilio } from 'webhook-target/providers/twilio'
import { x } from 'webhook-target/providers/x'
import { zoom } from 'webhook-target/providers/zoom'
import type { Config, PublicKey, Vector } from './vector.ts'

interface Preset {
  /** The configuration keys it knows; any other is an error. */
  readonly keys: readonly string[]
  create(given: Given): Provider
}

/** The configuration of a vector, as the option types take it: the providers check it themselves. */
interface Given {
  readonly secret: SecretSource | undefined
  readonly publicKey: SecretSource | undefined
  /** The configuration keys, of whatever type the option wants. */
  readonly config: Readonly<Record<string, never>>
}

/** From the `provider` of a vector to the preset: a new provider is one more line. */
const PRESETS: Readonly<Record<string, Preset>> = {
  discord: preset(['mode'], ({ publicKey, config }) =>
    discord({ publicKey, mode: config['mode']! }),
  ),
  github: preset([], ({ secret }) => github({ secret })),
  gitlab: preset(['mode', 'legacyToken'], ({ secret, config }) => gitlab({ secret, ...config })),
  meta: preset(['verifyToken'], ({ secret, config }) =>
    meta({ secret, verifyToken: config['verifyToken'] ?? 'no part of this vector' }),
  ),
  shopify: preset([], ({ secret }) => shopify({ secret })),
  slack: preset([], ({ secret }) => slack({ secret })),
  'standard-webhooks': preset([], ({ secret, publicKey }) =>
    standardWebhooks({ secret: secret ?? publicKey }),
  ),
  stripe: preset([], ({ secret }) => stripe({ secret })),
  twilio: preset(['publicUrl'], ({ secret }) => twilio({ secret })),
  x: preset([], ({ secret }) => x({ secret })),
  zoom: preset([], ({ secret }) => zoom({ secret })),
}

function preset<Events extends object>(
  keys: readonly string[],
  create: (given: Given) => Provider<Events>,
): Preset {
  return { keys, create: (given) => create(given) as unknown as Provider }
}

export interface Configured {
  readonly provider: Provider
  readonly publicUrl: string | undefined
}

/**
 * What a vector is to be sent to; `undefined` if there is no such provider yet.
 *
 * @throws {Error} for a configuration key that its provider does not know
 */
export function configure(vector: Vector): Configured | undefined {
  const found = Object.hasOwn(PRESETS, vector.provider) ? PRESETS[vector.provider] : undefined
  if (!found) return undefined
  const config: Config = { ...vector.config, ...vector.options }
  const unknown = Object.keys(config).filter((key) => !found.keys.includes(key))
  if (unknown.length > 0) {
    throw new Error(`Unknown configuration of ${vector.provider}: ${unknown.join(', ')}`)
  }
  const provider = found.create({
    secret: vector.secret ?? undefined,
    publicKey: toKeys(vector.publicKey),
    config: config as Given['config'],
  })
  return { provider, publicUrl: config['publicUrl'] as string | undefined }
}

/** A map of keys is given as a list: which one a sender used is for the provider to find out. */
function toKeys(publicKey: PublicKey | null | undefined): SecretSource | undefined {
  if (typeof publicKey !== 'object' || publicKey === null) return publicKey ?? undefined
  return Array.isArray(publicKey) ? (publicKey as readonly string[]) : Object.values(publicKey)
}
