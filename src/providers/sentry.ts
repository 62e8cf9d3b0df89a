import { defineProvider, first, header, member, time, type ProviderFacts } from '../provider.ts'
import { hmac } from '../schemes/hmac.ts'
import type { Provider, SecretSource } from '../types.ts'

export interface SentryOptions {
  /** The client secret of the integration: one, several while rotating, or a function of the request. */
  readonly secret: SecretSource | undefined
  /**
   * By what duplicates are known. Sentry does not sign `Request-ID`, so whoever got hold of a signed
   * delivery can send it again under another id, for ever, as no time is signed either; `content` goes by
   * the signed body instead.
   *
   * @default delivery
   */
  readonly identity?: 'delivery' | 'content'
  /** Who hosts Sentry can raise it. @default 1 */
  readonly deadlineSeconds?: number
}

/** What asks for a UI component has no resource. */
const UI_COMPONENT = 'ui-component'

/**
 * Sentry, integration platform: HMAC-SHA256 in `Sentry-Hook-Signature`, or in `Sentry-App-Signature` where a
 * UI component posts. The type is the resource, with the action below it (`issue.created`), or
 * `ui-component`, which is answered by `reply`. Type and time are in headers that are not signed.
 *
 * Sentry waits 1 s, less than many a cold start, and unsubscribes an integration that is not published after
 * 1000 timeouts in a day.
 *
 * @see https://docs.sentry.io/integrations/integration-platform/webhooks/
 * @throws {TypeError} `ERR_SECRET_EMPTY`
 */
export function sentry(options: SentryOptions): Provider {
  const { secret, identity = 'delivery', deadlineSeconds = 1 } = options
  return defineProvider({
    name: 'sentry',
    verify: hmac({ secret, header: ['sentry-hook-signature', 'sentry-app-signature'] }),
    event: {
      type: first(header('sentry-hook-resource'), () => UI_COMPONENT),
      subtype: member('action'),
      ...(identity === 'delivery' && { id: header('request-id') }),
      timestamp: time('s', header('sentry-hook-timestamp')),
    },
    acknowledge: { deadlineSeconds, refusedStatus: 401 },
  })
}

export const facts: ProviderFacts = {
  title: 'Sentry',
  docs: [
    'https://docs.sentry.io/integrations/integration-platform/webhooks/',
    'https://sentry.io/changelog/2023-10-3-change-to-integration-platform-webhook-handling',
  ],
  checked: '2026-07',
  delivered: ['2xx'],
  retriedOn: 'unknown',
  disables: '1000 timeouts in 24 h, unless the integration is published',
  doubts: [
    'Whether `Request-ID` stays the same over retries: see `identity`',
    'UI components also ask by GET, with a signature of nothing, which is no event and is refused here',
  ],
}
