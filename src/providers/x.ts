import { crc } from '../challenges/crc.ts'
import { startsWith } from '../lib/bytes.ts'
import { defineProvider, first, member, type ProviderFacts } from '../provider.ts'
import { hmac } from '../schemes/hmac.ts'
import type { Extractable, Provider, SecretSource } from '../types.ts'

export interface XOptions {
  /** The consumer secret of the app: one, several while rotating, or a function of the request. */
  readonly secret: SecretSource | undefined
  /** Whether it delivers again by itself, of which the documentation does not speak. @default false */
  readonly redelivery?: boolean
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
export function x({ secret, redelivery = false }: XOptions): Provider {
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
    acknowledge: { deadlineSeconds: 10, refusedStatus: 401, retries: redelivery },
  })
}

function nameOfList({ payload }: Extractable): string | undefined {
  return Object.keys(payload as object).find((name) => /_events?$/.test(name))
}

export const facts: ProviderFacts = {
  title: 'X',
  docs: [
    'https://docs.x.com/x-api/webhooks/introduction',
    'https://docs.x.com/x-api/webhooks/quickstart',
  ],
  checked: '2026-07',
  delivered: [200],
  retriedOn: [],
  retriedNote: 'a replay can be asked for',
  givenUpOn: ['else'],
  disables: 'One wrong CRC answer, a redirect or a TLS error; failures for more than 28 h',
  doubts: [
    'The pages differ on how often the CRC is asked',
    'Whether a delivery that failed comes again is not documented, it is assumed not to: see `redelivery`',
  ],
}
