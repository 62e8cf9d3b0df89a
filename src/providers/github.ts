import type { EventPayloadMap as Payloads } from '@octokit/webhooks-types'
import type { WithPeer } from '../lib/optional-peer.ts'
import { defineProvider, header, member, type ProviderFacts } from '../provider.ts'
import { hmac } from '../schemes/hmac.ts'
import type { Provider, SecretSource } from '../types.ts'

/** `pull_request.opened` and the like, for the events that have actions. */
type Refined = {
  [Type in keyof Payloads & string]: Payloads[Type] extends { action: infer Action extends string }
    ? `${Type}.${Action}`
    : never
}[keyof Payloads & string]

/** Payloads by event, and by `event.action`, from the optional peer `@octokit/webhooks-types`. */
export type GitHubEvents = WithPeer<
  Payloads,
  Payloads & {
    [Name in Refined]: Name extends `${infer Type extends keyof Payloads & string}.${infer Action}`
      ? Extract<Payloads[Type], { action: Action }>
      : never
  }
>

export interface GitHubOptions {
  /** The secret entered at the webhook: one, several while rotating, or a function of the request. */
  readonly secret: SecretSource | undefined
  /**
   * By what duplicates are known. GitHub does not sign `X-GitHub-Delivery`, so whoever got hold of a
   * signed delivery can send it again under another id; `content` goes by the signed body instead, and
   * takes two runs of a workflow with the same inputs for one.
   *
   * @default delivery
   */
  readonly identity?: 'delivery' | 'content'
}

/**
 * GitHub and GitHub Enterprise Server: HMAC-SHA256 in `X-Hub-Signature-256`. The SHA-1 header beside it is
 * not looked at. GitHub waits 10 s and does not deliver again by itself.
 *
 * @see https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries
 * @throws {TypeError} `ERR_SECRET_EMPTY`
 */
export function github({ secret, identity = 'delivery' }: GitHubOptions): Provider<GitHubEvents> {
  return defineProvider<GitHubEvents>({
    name: 'github',
    verify: hmac({ secret, header: 'x-hub-signature-256', prefix: 'sha256=' }),
    event: {
      type: header('x-github-event'),
      subtype: member('action'),
      ...(identity === 'delivery' && { id: header('x-github-delivery') }),
      formField: 'payload',
    },
    acknowledge: { deadlineSeconds: 10, retries: false },
  })
}

export const facts: ProviderFacts = {
  title: 'GitHub',
  docs: [
    'https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries',
    'https://docs.github.com/en/webhooks/using-webhooks/best-practices-for-using-webhooks',
  ],
  checked: '2026-07',
  delivered: ['2xx'],
  retriedOn: [],
  givenUpOn: ['else'],
  doubts: ['GitHub Enterprise Server waits 30 s, github.com 10 s'],
}
