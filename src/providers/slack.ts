import { echo } from '../challenges/echo.ts'
import { startsWith } from '../lib/bytes.ts'
import { textReply } from '../lib/challenge-reply.ts'
import { readMember } from '../lib/member.ts'
import { FORM, mediaType } from '../lib/payload.ts'
import {
  defineProvider,
  first,
  header,
  member,
  number,
  time,
  type ProviderFacts,
} from '../provider.ts'
import { hmac } from '../schemes/hmac.ts'
import type { Challenge, Provider, SecretSource } from '../types.ts'

export interface SlackOptions {
  /** The signing secret of the app: one, several while rotating, or a function of the request. */
  readonly secret: SecretSource | undefined
  /** Seconds to either side; `false` accepts any age. @default 300 */
  readonly toleranceSeconds?: number | false
  /**
   * By what duplicates of commands and interactions are known, which have no `event_id`. That `trigger_id` is one
   * is inferred; `content` goes by the signed body instead.
   *
   * @default trigger
   */
  readonly identity?: 'trigger' | 'content'
}

/** Slack tests the certificate of a slash command's URL with an unsigned form; nothing else of it counts. */
const sslCheck: Challenge = {
  name: 'ssl-check',
  method: 'POST',
  signed: false,
  inBody: true,
  answer({ payload }) {
    return readMember(payload, ['ssl_check']) === '1' ? textReply('') : undefined
  },
}

/**
 * Slack: Events API, interactivity and slash commands, signed with `v0` HMAC-SHA256. The type is that of
 * the inner event (`app_mention`, `message.channel_join`), of the interaction (`block_actions`), or the
 * command with its slash (`/weather`). Slack waits 3 s; commands and interactions are answered with
 * `reply({ text })`, and only events are delivered again.
 *
 * @see https://docs.slack.dev/authentication/verifying-requests-from-slack/
 * @throws {TypeError} `ERR_SECRET_EMPTY`
 */
export function slack(options: SlackOptions): Provider {
  const { secret, toleranceSeconds = 300, identity = 'trigger' } = options
  const sentAt = header('x-slack-request-timestamp')
  return defineProvider({
    name: 'slack',
    verify: hmac({
      secret,
      header: 'x-slack-signature',
      prefix: 'v0=',
      content: 'v0:{timestamp}:{body}',
      timestamp: { header: 'x-slack-request-timestamp', toleranceSeconds },
      // The content type is not signed: a form under another one would be another event.
      accepts: ({ body, headers }) =>
        startsWith(body, '{') || mediaType(headers.get('content-type')) === FORM,
    }),
    challenges: [
      sslCheck,
      echo({
        member: 'challenge',
        when: { type: 'url_verification' },
        as: { member: 'challenge' },
      }),
    ],
    event: {
      type: first(member('event.type'), member('command'), member('type')),
      subtype: member('event.subtype'),
      id:
        identity === 'trigger'
          ? first(member('event_id'), member('trigger_id'))
          : member('event_id'),
      timestamp: first(time('s', member('event_time')), time('s', sentAt)),
      attempt: number(header('x-slack-retry-num'), 1),
      formField: 'payload',
    },
    acknowledge: { deadlineSeconds: 3, refusedStatus: 401 },
  })
}

export const facts: ProviderFacts = {
  title: 'Slack',
  docs: [
    'https://docs.slack.dev/authentication/verifying-requests-from-slack/',
    'https://docs.slack.dev/apis/events-api/',
  ],
  checked: '2026-07',
  delivered: ['2xx'],
  retriedOn: ['else'],
  retriedNote: 'for events; never for commands and interactions',
  schedule: '3 times: at once, after 1 min and after 5 min',
  stops: 'The header `x-slack-no-retry: 1` beside a failure',
  disables: 'Less than 5 % of the deliveries of an hour answered 200',
  doubts: [
    'Of times in the future the package for Python takes as many seconds as of those in the past, that for JavaScript any: here the former',
    'That `trigger_id` is an id of commands and interactions is inferred: see `identity`',
    'That these are not delivered again is inferred; nothing here goes by it',
  ],
}
