// P9: Discord's Ed25519 signature against the vendor's library.
import { generateKeyPairSync, sign } from 'node:crypto'
import { discord } from 'webhook-target/providers/discord'
import type { Contest } from '../lib/contest.ts'
import { pushEvent } from '../lib/deliveries.ts'
import { ourContenders } from '../lib/our-contenders.ts'
import { importPeer } from '../lib/peers.ts'

interface DiscordInteractions {
  readonly verifyKey: (
    body: Buffer,
    signature: string,
    time: string,
    publicKey: string,
  ) => Promise<boolean>
}

export async function contest(bytes: number): Promise<Contest> {
  const keys = generateKeyPairSync('ed25519')
  const publicKey = Buffer.from(keys.publicKey.export({ format: 'jwk' }).x!, 'base64url').toString(
    'hex',
  )
  const body = pushEvent(bytes, { type: 2, id: '1' })
  const time = String(Math.floor(Date.now() / 1000))
  const signature = sign(null, Buffer.concat([Buffer.from(time), body]), keys.privateKey)
  const headers = {
    'content-type': 'application/json',
    'x-signature-timestamp': time,
    'x-signature-ed25519': signature.toString('hex'),
  }
  const { verifyKey } = await importPeer<DiscordInteractions>('discord-interactions')
  return {
    body,
    baseline: {
      what: 'verifyKey',
      verify: (received) => verifyKey(received, signature.toString('hex'), time, publicKey),
    },
    contenders: await ourContenders(discord({ publicKey, mode: 'interactions' }), headers),
  }
}
