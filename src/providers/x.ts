import { crc } from '../challenges/crc.ts'
import { startsWith } from '../lib/bytes.ts'
import { defineProvider, first, member } from '../provider.ts'
import { hmac } from '../schemes/hmac.ts'
import type { Extractable, Provider, SecretSource } from '../types.ts'

export interface XOptions {
  /** The consumer secret of the app: one, several while rotating, or a function of the request. */
  readonly secret: SecretSource | undefined
}

/**
 * X: Account Activity and X Activity, base64 HMAC-SHA256 in `X-Twitter-Webhooks-Signature`. The type is
 * the list that the delivery brings (`favorite_events`), or `data.event_type`.
 *
 * The same key answers the challenge (CRC), which anyone can ask: so a token is answered only if it can't
 * be an event, and a body counts as an event only if it can't be a token.
 *
 * @see https://docs.x.com/x-api/webhooks/introduction
 * @throws {TypeError} `ERR_SECRET_EMPTY`
 */
export function x({ secret }: XOptions): Provider {
  return defineProvider({
    name: 'x',
    verify: hmac({
      secret,
      header: 'x-twitter-webhooks-signature',
      prefix: 'sha256=',
      encoding: 'base64',
      accepts: ({ body }) => startsWith(body, '{'),
    }),
    challenges: [
      crc({
        secret,
        method: 'GET',
        signed: false,
        token: ({ query }) => query.get('crc_token'),
        encoding: 'base64',
        respond: (_token, digest) => ({ response_token: `sha256=${digest}` }),
      }),
    ],
    event: {
      type: first(member('data.event_type'), nameOfList),
      id: member('data.event_uuid'),
    },
    // X documents no second attempt; what was missed can be had from its replay API.
    acknowledge: { deadlineSeconds: 10, refusedStatus: 401, retries: false },
    docs: [
      'https://docs.x.com/x-api/webhooks/introduction',
      'https://docs.x.com/x-api/webhooks/quickstart',
    ],
  })
}

function nameOfList({ payload }: Extractable): string | undefined {
  return Object.keys(payload as object).find((name) => /_events?$/.test(name))
}
