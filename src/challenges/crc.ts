import type { Delivery } from '../delivery.ts'
import type { TextEncoding } from '../lib/bytes.ts'
import { assertToken, jsonReply } from '../lib/challenge-reply.ts'
import { crypto } from '../lib/crypto.ts'
import { keyring, secretBytes } from '../lib/secrets.ts'
import type { Challenge, SecretSource } from '../types.ts'

export interface CrcOptions {
  /** Of several, the one that the question is signed with answers it; the first, if it is unsigned. */
  readonly secret: SecretSource | undefined
  readonly method: 'GET' | 'POST'
  /** Whether the question is signed; it is then answered only once that is proven. */
  readonly signed: boolean
  /** The token to sign, `undefined` if this is no such challenge. */
  readonly token: (delivery: Delivery) => unknown
  readonly encoding: TextEncoding
  /** The JSON to answer with. */
  readonly respond: (token: string, digest: string) => unknown
}

/**
 * A challenge that is answered by signing it (HMAC-SHA256): X's CRC, Zoom's `endpoint.url_validation`.
 * Whoever asks gets a signature made with the event secret, so only a token is signed that can't be the
 * signed content of an event; the provider sees to it that the two never overlap.
 *
 * @throws {TypeError} `ERR_SECRET_EMPTY`
 */
export function crc(options: CrcOptions): Challenge {
  const keys = keyring(options.secret, (secret) => crypto.hmac('sha256', secretBytes(secret)))
  return {
    name: 'crc',
    method: options.method,
    signed: options.signed,
    inBody: options.method === 'POST',
    async answer(delivery, verified) {
      const found = options.token(delivery)
      if (found === undefined || found === null) return undefined
      const token = assertToken(found)
      const signers = await keys.find(delivery)
      const sign = signers[verified?.secret ?? 0] ?? signers[0]!
      return jsonReply(options.respond(token, await sign([token], options.encoding)))
    },
  }
}
