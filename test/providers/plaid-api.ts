/** Plaid's API as far as it gives keys out. */
import { createPublicKey } from 'node:crypto'
import type { PlaidFetch } from 'webhook-target/providers/plaid'

export const credentials = { clientId: 'client-1', secret: 'api secret' } as const

export interface PlaidKey {
  readonly pem: string
  readonly expiredAt?: number
}

/** Gives out these keys by their ids, to whoever has the credentials. */
export function plaidApi(
  keys: Readonly<Record<string, string | PlaidKey>>,
  environment = 'production',
): PlaidFetch {
  return async (url, { method, headers, body }) => {
    if (url !== `https://${environment}.plaid.com/webhook_verification_key/get`) {
      return new Response('', { status: 404 })
    }
    if (method !== 'POST' || headers['content-type'] !== 'application/json') {
      return failure('INVALID_REQUEST', 'INVALID_BODY')
    }
    const asked = JSON.parse(body) as Readonly<Record<string, string>>
    const { client_id: clientId, secret, key_id: keyId } = asked
    if (clientId !== credentials.clientId || secret !== credentials.secret) {
      return failure('INVALID_INPUT', 'INVALID_API_KEYS')
    }
    const found = Object.hasOwn(keys, keyId!) ? keys[keyId!]! : undefined
    if (!found) return failure('INVALID_INPUT', 'INVALID_WEBHOOK_VERIFICATION_KEY_ID')
    const { pem, expiredAt = null } = typeof found === 'string' ? { pem: found } : found
    const key = {
      ...createPublicKey(pem).export({ format: 'jwk' }),
      alg: 'ES256',
      use: 'sig',
      kid: keyId,
      created_at: 1_560_466_150,
      expired_at: expiredAt,
    }
    return Response.json({ key, request_id: 'r-1' })
  }
}

const failure = (type: string, code: string) =>
  Response.json({ error_type: type, error_code: code }, { status: 400 })
