/**
 * The secrets of the four senders: from the environment, else from a small file that git ignores, else made
 * up and kept in that file, so that `npm run send` in another terminal signs with the same ones.
 */
import { randomBytes } from 'node:crypto'
import { chmodSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseEnv } from 'node:util'

const NAMES = [
  'GITHUB_WEBHOOK_SECRET',
  'SLACK_SIGNING_SECRET',
  'STRIPE_WEBHOOK_SECRET',
  'TOKEN_WEBHOOK_SECRET',
] as const

export type SecretName = (typeof NAMES)[number]
export type Secrets = Readonly<Record<SecretName, string>>

export function secretsFile({ WEBHOOK_SECRETS_FILE }: NodeJS.ProcessEnv): string {
  return WEBHOOK_SECRETS_FILE || join(import.meta.dirname, '.env')
}

/** What is known of a secret already. */
export function findSecret(name: SecretName, env: NodeJS.ProcessEnv): string | undefined {
  return env[name] || readSaved(secretsFile(env))[name]
}

/** All secrets, and a line on where each of them is from. Only those made up just now are shown. */
export function ensureSecrets(env: NodeJS.ProcessEnv): {
  readonly secrets: Secrets
  readonly origins: readonly string[]
} {
  const created = NAMES.filter((name) => !findSecret(name, env))
  if (created.length > 0) {
    const made = Object.fromEntries(created.map((name) => [name, makeSecret(name)]))
    save(secretsFile(env), { ...readSaved(secretsFile(env)), ...made })
  }
  const secrets = Object.fromEntries(
    NAMES.map((name) => [name, findSecret(name, env)]),
  ) as unknown as Secrets
  const origins = NAMES.map((name) => {
    if (env[name]) return `${name} is from the environment`
    const file = secretsFile(env)
    return created.includes(name)
      ? `${name}=${secrets[name]} is made up, and kept in ${file}`
      : `${name} is from ${file}`
  })
  return { secrets, origins }
}

/** Stripe's begin with a label that is part of them. */
function makeSecret(name: SecretName): string {
  const prefix = name === 'STRIPE_WEBHOOK_SECRET' ? 'whsec_' : ''
  return prefix + randomBytes(24).toString('hex')
}

function readSaved(file: string): Partial<Record<string, string>> {
  try {
    return parseEnv(readFileSync(file, 'utf8'))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return {}
    throw error
  }
}

/** For the owner's eyes only, also if the file was there before with another mode. */
function save(file: string, values: Partial<Record<string, string>>): void {
  const lines = Object.entries(values).map(([name, value]) => `${name}=${value}\n`)
  writeFileSync(file, lines.join(''), { mode: 0o600 })
  chmodSync(file, 0o600)
}
