import { echo } from '../challenges/echo.ts'
import { defineProvider, member, time, type ProviderFacts } from '../provider.ts'
import { jwt } from '../schemes/jwt.ts'
import type { Provider, SecretSource } from '../types.ts'

export interface MondayOptions {
  /**
   * The signing secret of the app or, for webhooks on the life of the app (`install` and the like), its client
   * secret: one, several while rotating, or a function of the request.
   */
  readonly secret: SecretSource | undefined
  /**
   * The URL as registered at monday.com, byte for byte: any of them. The token names it, so that it is good at no
   * other endpoint of the app.
   */
  readonly url: string | readonly string[]
  /**
   * By what duplicates are known. That `triggerUuid` is the same in every attempt is inferred; `content` goes by
   * the body instead.
   *
   * @default trigger
   */
  readonly identity?: 'trigger' | 'content'
  /** Seconds it waits, which is not documented. @default 10 */
  readonly deadlineSeconds?: number
}

/**
 * monday.com: a token (HS256) in `Authorization`, without `Bearer`, that names the URL and is good for five
 * minutes. It does not cover the body. Webhooks that were made without an app carry none, and are refused. The
 * type is that of the event, `update_column_value`.
 *
 * @see https://developer.monday.com/apps/docs/authorization-header
 * @throws {TypeError} `ERR_SECRET_EMPTY`, `ERR_OPTION_INVALID` without a URL
 */
export function monday(options: MondayOptions): Provider {
  const { secret, url, identity = 'trigger', deadlineSeconds = 10 } = options
  return defineProvider({
    name: 'monday',
    verify: jwt({
      algorithms: ['HS256'],
      bearer: false,
      secret,
      audience: url,
      lateToleranceSeconds: 0,
    }),
    challenges: [echo({ member: 'challenge', signed: false, as: { member: 'challenge' } })],
    event: {
      type: member('event.type'),
      ...(identity === 'trigger' && { id: member('event.triggerUuid') }),
      timestamp: time('iso', member('event.triggerTime')),
    },
    acknowledge: { deadlineSeconds },
  })
}

export const facts: ProviderFacts = {
  title: 'monday.com',
  docs: [
    'https://developer.monday.com/api-reference/docs/webhooks',
    'https://developer.monday.com/apps/docs/authorization-header',
  ],
  checked: '2026-07',
  delivered: [200],
  retriedOn: ['else'],
  schedule: 'every minute for 30 min',
  doubts: [
    'That `triggerUuid` is an id, the same in every attempt, is inferred: see `identity`',
    'No deadline is documented, 10 s are assumed: see `deadlineSeconds`',
  ],
}
