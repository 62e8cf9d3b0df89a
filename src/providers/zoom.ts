import { crc } from '../challenges/crc.ts'
import { readMember } from '../lib/member.ts'
import { defineProvider, header, member, time, type ProviderFacts } from '../provider.ts'
import { hmac } from '../schemes/hmac.ts'
import type { Delivery } from '../delivery.ts'
import type { Provider, SecretSource } from '../types.ts'

export interface ZoomOptions {
  /** The secret token of the app: one, several while rotating, or a function of the request. */
  readonly secret: SecretSource | undefined
  /**
   * Seconds to either side; `false` accepts any age. Zoom documents none. It delivers again up to 85
   * minutes later and does not say whether the signature is renewed then, so the default spares a retry
   * from being refused for good.
   *
   * @default 5400
   */
  readonly toleranceSeconds?: number | false
  /**
   * By what duplicates are known: `content` is the signed body, with the time of the event in milliseconds;
   * `delivery` is `X-Zm-Request-Id`, which is not signed and not documented to stay the same.
   *
   * @default content
   */
  readonly identity?: 'content' | 'delivery'
}

/**
 * Zoom: `v0` HMAC-SHA256 in `X-Zm-Signature`. The type is `event`, `meeting.started`. Zoom waits 3 s and
 * delivers again after 5, 25 and 85 minutes, but never what was answered 3xx or 4xx.
 *
 * Its URL validation has the same key sign a token, so it is answered only when it is itself signed, and
 * no token can be the signed content of an event, `v0:{timestamp}:{body}`.
 *
 * @see https://developers.zoom.us/docs/api/webhooks/
 * @throws {TypeError} `ERR_SECRET_EMPTY`
 */
export function zoom(options: ZoomOptions): Provider {
  const { secret, toleranceSeconds = 5400, identity = 'content' } = options
  return defineProvider({
    name: 'zoom',
    verify: hmac({
      secret,
      header: 'x-zm-signature',
      prefix: 'v0=',
      content: 'v0:{timestamp}:{body}',
      timestamp: { header: 'x-zm-request-timestamp', toleranceSeconds },
    }),
    challenges: [
      crc({
        secret,
        method: 'POST',
        signed: true,
        token: plainToken,
        encoding: 'hex',
        respond: (token, digest) => ({ plainToken: token, encryptedToken: digest }),
      }),
    ],
    event: {
      type: member('event'),
      ...(identity === 'delivery' && { id: header('x-zm-request-id') }),
      timestamp: time('ms', member('event_ts')),
    },
    acknowledge: { deadlineSeconds: 3, refusedStatus: 401 },
  })
}

function plainToken({ payload }: Delivery): unknown {
  const isValidation = readMember(payload, ['event']) === 'endpoint.url_validation'
  // A validation without a token is answered like one with a wrong token, not taken for an event.
  return isValidation ? (readMember(payload, ['payload', 'plainToken']) ?? '') : undefined
}

export const facts: ProviderFacts = {
  title: 'Zoom',
  docs: ['https://developers.zoom.us/docs/api/webhooks/'],
  checked: '2026-07',
  delivered: [200, 204],
  retriedOn: ['5xx', 'timeout', 'unreachable'],
  givenUpOn: ['3xx', '4xx'],
  schedule: '3 times: after 5, 20 and 60 min',
  disables: '6 failed revalidations in a row',
  doubts: [
    'No tolerance is documented, nor whether a retry is signed anew: see `toleranceSeconds`',
    'What `X-Zm-Request-Id` stands for is inferred: see `identity`',
  ],
}
