import { echo } from '../challenges/echo.ts'
import { arrivalId } from '../lib/arrival-id.ts'
import { readMember } from '../lib/member.ts'
import { defineProvider, type ProviderFacts } from '../provider.ts'
import { hmac } from '../schemes/hmac.ts'
import type { Extractable, Provider, SecretSource } from '../types.ts'

export interface DropboxOptions {
  /** The secret of the app: one, several while rotating, or a function of the request. */
  readonly secret: SecretSource | undefined
}

/**
 * Dropbox: HMAC-SHA256 in `X-Dropbox-Signature`. A delivery says only in which accounts something changed
 * (type `list_folder`), so equal ones are not taken for duplicates: ask `/files/list_folder/continue` for
 * what it was. Dropbox waits 10 s.
 *
 * @see https://www.dropbox.com/developers/reference/webhooks
 * @throws {TypeError} `ERR_SECRET_EMPTY`
 */
export function dropbox({ secret }: DropboxOptions): Provider {
  return defineProvider({
    name: 'dropbox',
    verify: hmac({ secret, header: 'x-dropbox-signature' }),
    challenges: [echo({ query: 'challenge' })],
    event: { type: kindOf, id: arrivalId() },
    acknowledge: { deadlineSeconds: 10 },
  })
}

/** Older deliveries hold `delta` beside it, of an interface that is gone. */
function kindOf({ payload }: Extractable): string | undefined {
  if (readMember(payload, ['list_folder']) !== undefined) return 'list_folder'
  return Object.keys(payload as object)[0]
}

export const facts: ProviderFacts = {
  title: 'Dropbox',
  docs: ['https://www.dropbox.com/developers/reference/webhooks'],
  checked: '2026-07',
  delivered: [200],
  retriedOn: ['else'],
  schedule: 'exponentially for about 10 min',
  doubts: ['The schedule is from an older version of the page'],
}
