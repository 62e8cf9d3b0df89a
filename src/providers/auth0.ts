import { decodeUtf8 } from '../lib/bytes.ts'
import { parseJson } from '../lib/payload.ts'
import { readMember } from '../lib/member.ts'
import { defineProvider, first, member, time, type ProviderFacts } from '../provider.ts'
import { sharedSecret } from '../schemes/shared-secret.ts'
import type { Delivery } from '../delivery.ts'
import type { Provider, Scheme, SecretSource } from '../types.ts'

export interface Auth0Options {
  /**
   * What stands in `Authorization`, to the letter: of a log stream the authorization token as entered, to
   * which Auth0 adds no `Bearer`; of an event stream `Bearer` and its token. One, several while rotating, or
   * a function of the request.
   */
  readonly secret: SecretSource | undefined
  /**
   * Whether the list in the member `logs` brings an event for each record. That the format “JSON object” has one
   * is inferred.
   *
   * @default true
   */
  readonly splitLogs?: boolean
}

/**
 * Auth0, custom webhooks of log streams and of event streams: a token in `Authorization`, nothing is signed.
 * Each record of a log stream is an event, in whichever of its formats they come; the type is `data.type`
 * (`s`, `fsa`), of event streams `type` (`user.created`).
 *
 * @see https://auth0.com/docs/customize/log-streams/custom-log-streams
 * @throws {TypeError} `ERR_SECRET_EMPTY`, `ERR_SECRET_MALFORMED`
 */
export function auth0({ secret, splitLogs = true }: Auth0Options): Provider {
  return defineProvider({
    name: 'auth0',
    verify: readingLines(sharedSecret({ header: 'authorization', secret })),
    event: {
      items: (payload) => toRecords(payload, splitLogs),
      type: first(member('data.type'), member('type')),
      id: first(member('log_id'), member('id')),
      timestamp: time('iso', first(member('data.date'), member('time'))),
    },
    acknowledge: { refusedStatus: 401 },
  })
}

/** JSON lines come as `application/json`, which a line after the first is not. */
function readingLines(scheme: Scheme): Scheme {
  return {
    ...scheme,
    async open(head) {
      const check = await scheme.open(head)
      return async (delivery) => {
        const verified = await check(delivery)
        const lines = linesOf(delivery)
        if (lines.length > 1) delivery.setPayload(lines.map(parseJson))
        return verified
      }
    },
  }
}

/** A line break in JSON is either between two records or inside one, whose first line is then no object. */
function linesOf({ body }: Delivery): readonly string[] {
  const text = tryDecode(body)?.trim() ?? ''
  const lines = text.split(/[\r\n]+/)
  return lines.every((line) => /^\{.*\}$/.test(line)) ? lines : [text]
}

function tryDecode(body: Uint8Array): string | undefined {
  try {
    return decodeUtf8(body)
  } catch {
    return undefined // for the parser to refuse
  }
}

function toRecords(payload: unknown, splitLogs: boolean): readonly unknown[] {
  if (Array.isArray(payload)) return payload
  const logs = readMember(payload, ['logs'])
  return splitLogs && Array.isArray(logs) ? logs : [payload]
}

export const facts: ProviderFacts = {
  title: 'Auth0',
  docs: [
    'https://auth0.com/docs/customize/log-streams/custom-log-streams',
    'https://auth0.com/docs/customize/log-streams',
    'https://auth0.com/docs/customize/events/event-testing-observability-and-failure-recovery',
  ],
  checked: '2026-11',
  delivered: ['2xx'],
  retriedOn: ['else'],
  schedule: 'Log streams: 3 attempts, and again from the start until it works',
  disables:
    'Log streams: 7 days without success; event streams: 500 failures in a row or 5000 in all',
  doubts: [
    'No deadline is published',
    'That the format “JSON object” is one record, or a list of them in `logs`, is inferred: see `splitLogs`',
  ],
}
