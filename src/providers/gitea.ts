import { toMessage } from '../lib/crypto.ts'
import { formFieldContent } from '../lib/form-content.ts'
import { defineProvider, first, header, member, type ProviderFacts } from '../provider.ts'
import { hmac } from '../schemes/hmac.ts'
import type { Extractor, Provider, SecretSource } from '../types.ts'

export interface GiteaOptions {
  /** The secret entered at the webhook: one, several while rotating, or a function of the request. */
  readonly secret: SecretSource | undefined
  /**
   * By what duplicates are known. The id of the delivery is not signed, so whoever got hold of a signed
   * delivery can send it again under another one; `content` goes by the signed JSON instead.
   *
   * @default delivery
   */
  readonly identity?: 'delivery' | 'content'
  /** Seconds it waits: `DELIVER_TIMEOUT` of the server. @default 5 */
  readonly deadlineSeconds?: number
}

/** The JSON, which a form wraps after it is signed. */
const contentOf = formFieldContent('payload')

/**
 * Gitea, Forgejo and Gogs: HMAC-SHA256 in `X-Gitea-Signature` (or `X-Forgejo-Signature`, `X-Gogs-Signature`)
 * over the JSON, also where a form brings it. The headers of GitHub that they send too are not looked at. The
 * type is that of the event, `push`, `pull_request`, with `pull_request.opened` for its actions; it is in a header
 * that is not signed. They wait 5 s and do not deliver again by themselves. Of the methods at the webhook only POST is taken.
 *
 * @see https://docs.gitea.com/usage/webhooks
 * @throws {TypeError} `ERR_SECRET_EMPTY`
 */
export function gitea(options: GiteaOptions): Provider {
  const { secret, identity = 'delivery', deadlineSeconds = 5 } = options
  return defineProvider({
    name: 'gitea',
    verify: hmac({
      secret,
      header: ['x-gitea-signature', 'x-forgejo-signature', 'x-gogs-signature'],
      content: contentOf,
    }),
    event: {
      type: eachName('event'),
      subtype: member('action'),
      id: identity === 'delivery' ? eachName('delivery') : signedText,
      formField: 'payload',
    },
    acknowledge: { deadlineSeconds, retries: false },
  })
}

function eachName(name: string): Extractor {
  return first(...['gitea', 'forgejo', 'gogs'].map((vendor) => header(`x-${vendor}-${name}`)))
}

/** A form can be spelled in many ways, and is the same delivery in all of them. */
const signedText: Extractor = ({ delivery }) =>
  new TextDecoder().decode(toMessage(contentOf(delivery)[0] ?? []))

export const facts: ProviderFacts = {
  title: 'Gitea, Forgejo, Gogs',
  docs: ['https://docs.gitea.com/usage/webhooks'],
  checked: '2026-07',
  delivered: ['2xx'],
  retriedOn: [],
  givenUpOn: ['else'],
  doubts: ['The 5 s are the default of the server, as far as is known'],
}
