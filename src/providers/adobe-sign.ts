import { echo } from '../challenges/echo.ts'
import { configurationError } from '../errors.ts'
import { knownToken } from '../lib/known-token.ts'
import { defineProvider, member, time, type ProviderFacts } from '../provider.ts'
import { sharedSecret } from '../schemes/shared-secret.ts'
import type { Provider } from '../types.ts'

export interface AdobeSignOptions {
  /** The client id of the application, which Adobe sends with each request and wants back. */
  readonly clientId: string | undefined
  /**
   * By what duplicates are known. That `webhookNotificationId` is an id is inferred; `content` goes by the body
   * instead.
   *
   * @default notification
   */
  readonly identity?: 'notification' | 'content'
}

const HEADER = 'x-adobesign-clientid'

/**
 * Adobe Acrobat Sign: nothing but the client id, which is an identifier more than a secret. So treat an
 * event as a hint, and fetch the agreement it names from Adobe; mutual TLS and Adobe's address ranges
 * make it stronger. Each answer repeats the client id in a header, without which Adobe sends the first
 * event forever and no other: don't answer with `reply()`, which has headers of its own.
 *
 * @see https://helpx.adobe.com/sign/help/adobesign_api_webhooks.html
 * @throws {TypeError} `ERR_SECRET_EMPTY`, `ERR_OPTION_INVALID` for a client id that is not one text
 */
export function adobeSign(options: AdobeSignOptions): Provider {
  const { clientId, identity = 'notification' } = options
  const verify = sharedSecret({ header: HEADER, secret: clientId })
  if (typeof clientId !== 'string' || !/^[\x21-\x7e]+$/.test(clientId)) {
    throw configurationError('ERR_OPTION_INVALID', 'adobeSign() takes one clientId, a text')
  }
  return defineProvider({
    name: 'adobe-sign',
    verify,
    challenges: [
      echo({
        header: HEADER,
        // Adobe's pages spell the member in two ways; the header alone is enough for both.
        as: [{ header: HEADER }, { member: 'xAdobeSignClientId' }],
        accepts: knownToken(clientId),
      }),
    ],
    event: {
      type: member('event'),
      ...(identity === 'notification' && { id: member('webhookNotificationId') }),
      timestamp: time('iso', member('eventDate')),
    },
    acknowledge: { success: { headers: { [HEADER]: clientId } } },
  })
}

export const facts: ProviderFacts = {
  title: 'Adobe Acrobat Sign',
  docs: [
    'https://helpx.adobe.com/sign/help/adobesign_api_webhooks.html',
    'https://helpx.adobe.com/sign/kb/adobe-sign-keep-sending-just-one-even.html',
  ],
  checked: '2026-07',
  delivered: ['2xx'],
  deliveredNote: 'with the client id in `X-AdobeSign-ClientId`',
  retriedOn: ['else'],
  retriedNote: 'a 2xx without the client id included',
  doubts: [
    'The JSON answer is spelled `X-AdobeSign-ClientId` and `xAdobeSignClientId`: the header is sent',
    'The members with id, type and time of an event are inferred: see `identity`',
    'Neither a deadline nor a schedule was found',
  ],
}
