import { verifyKey } from 'discord-interactions'
import { discord } from 'webhook-target/providers/discord'
import { ed25519Pair } from '../../providers/keys.ts'
import { samples } from '../../providers/samples/discord.ts'
import { anyAge, refused } from '../differences.ts'
import { definePeer } from '../peer.ts'
import { messageOf } from '../message.ts'

const { publicKey, privateKey } = ed25519Pair()

export const peers = [
  definePeer({
    name: 'discord-interactions',
    provider: (key) => discord({ publicKey: key, mode: 'interactions' }),
    secret: publicKey,
    otherSecret: ed25519Pair().publicKey,
    privateKey,
    message: messageOf(samples),
    signature: { in: 'x-signature-ed25519' },
    timestamp: { in: 'x-signature-timestamp' },
    toleranceSeconds: 900,
    verify: ({ body, headers }, key) =>
      verifyKey(body, headers['x-signature-ed25519']!, headers['x-signature-timestamp']!, key),
    lenient: 'It takes what is no hex for zero',
    differences: {
      ...anyAge,
      'the digest in upper case': refused('Discord writes lower case: one spelling is enough'),
    },
  }),
]
