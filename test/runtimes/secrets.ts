/** The environment of every host, new for each run; the senders sign with it. */
import { generateKeyPairSync, randomBytes } from 'node:crypto'

const discord = generateKeyPairSync('ed25519')
const { x = '' } = discord.publicKey.export({ format: 'jwk' })
const token = () => randomBytes(24).toString('base64url')

export const discordPrivateKey = discord.privateKey

export const secrets = {
  GITHUB_WEBHOOK_SECRET: token(),
  STRIPE_WEBHOOK_SECRET: `whsec_${token()}`,
  SLACK_SIGNING_SECRET: token(),
  META_APP_SECRET: token(),
  META_VERIFY_TOKEN: token(),
  DISCORD_PUBLIC_KEY: Buffer.from(x, 'base64url').toString('hex'),
  STANDARD_WEBHOOKS_SECRET: `whsec_${randomBytes(24).toString('base64')}`,
}
