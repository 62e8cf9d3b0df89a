import type { Delivery } from '../delivery.ts'
import { configurationError, WebhookError } from '../errors.ts'
import { encodeUtf8 } from '../lib/bytes.ts'
import { listOf } from '../lib/list-of.ts'
import { readMember } from '../lib/member.ts'
import { parseJson } from '../lib/payload.ts'
import { defineProvider, member, time, type ProviderFacts } from '../provider.ts'
import { hmac } from '../schemes/hmac.ts'
import { payloadSignature, type SignChunks, type SignedPart } from '../schemes/payload-signature.ts'
import type { Extractable, OutgoingMessage, Provider, Scheme, SecretSource } from '../types.ts'

export interface AdyenOptions {
  /** The HMAC key as Adyen shows it, in hex: one, several while rotating, or a function of the request. */
  readonly secret: SecretSource | undefined
  /**
   * `standard` for payment webhooks, which bring several items with a signature each; `platform` for those of
   * Adyen for Platforms and the other products that sign the body in the header `HmacSignature`.
   *
   * @default standard
   */
  readonly mode?: 'standard' | 'platform'
  /** Seconds it waits, which is inferred. @default 10 */
  readonly deadlineSeconds?: number
  /** The header with the signature in the mode `platform`, which is inferred. @default HmacSignature */
  readonly signatureHeader?: string
}

const HEX = { encoding: 'hex' } as const

/**
 * Adyen: HMAC-SHA256 as base64. Of a standard webhook each item is an event, of the type `eventCode`, and
 * only what its id, amount and outcome are made of is signed: `pspReference`, `originalReference`,
 * `merchantAccountCode`, `merchantReference`, `amount`, `eventCode` and `success`. Act on nothing else in it
 * without asking Adyen. `success` is the text `true` or `false`. Set no form encoding at Adyen.
 *
 * @see https://docs.adyen.com/development-resources/webhooks/secure-webhooks/verify-hmac-signatures
 * @throws {TypeError} `ERR_SECRET_EMPTY`, `ERR_SECRET_MALFORMED` for a key that is not hex,
 * `ERR_OPTION_INVALID` for an unknown mode
 */
export function adyen(options: AdyenOptions): Provider {
  const { secret, mode = 'standard', deadlineSeconds = 10 } = options
  const { signatureHeader = 'hmacsignature' } = options
  if (mode !== 'standard' && mode !== 'platform') {
    throw configurationError('ERR_OPTION_INVALID', 'adyen() takes mode "standard" or "platform"')
  }
  const standard = mode === 'standard'
  return defineProvider({
    name: 'adyen',
    verify: standard ? itemSignatures(secret) : bodySignature(secret, signatureHeader),
    event: standard
      ? {
          items: (payload) => itemsOf(payload),
          type: member('eventCode'),
          id: idOf,
          timestamp: time('iso', member('eventDate')),
        }
      : { type: member('type'), timestamp: time('iso', member('timestamp')) },
    acknowledge: {
      deadlineSeconds,
      success: {
        status: 200,
        headers: { 'content-type': 'text/plain; charset=utf-8' },
        body: '[accepted]',
      },
    },
  })
}

function bodySignature(secret: SecretSource | undefined, header: string): Scheme {
  return hmac({ secret, header, encoding: 'base64', secretForm: HEX })
}

function itemSignatures(secret: SecretSource | undefined): Scheme {
  return payloadSignature({
    secret,
    encoding: 'base64',
    secretForm: HEX,
    parts: ({ payload }: Delivery) => tryItems(payload).map(partOf),
    write: signItems,
  })
}

const ITEM = 'NotificationRequestItem'
const listItems = listOf('notificationItems')
const itemsOf = (payload: unknown) => listItems(payload).map((item) => readMember(item, [ITEM]))

/** A body that is none of Adyen's has no signature. */
function tryItems(payload: unknown): readonly unknown[] {
  return Array.isArray(readMember(payload, ['notificationItems'])) ? itemsOf(payload) : []
}

function partOf(item: unknown): SignedPart {
  const signature = readMember(item, ['additionalData', 'hmacSignature'])
  return {
    signatures: typeof signature === 'string' ? [signature] : [],
    readings: [[signedText(item)]],
  }
}

const MERCHANT_REFERENCE = 'merchantReference'
const SIGNED = [
  'pspReference',
  'originalReference',
  'merchantAccountCode',
  MERCHANT_REFERENCE,
  'amount.value',
  'amount.currency',
  'eventCode',
  'success',
] as const

/**
 * The fields are joined without escapes. So only one of them may hold the separator, or the signature of one
 * item would fit others whose fields are cut elsewhere; the reference, which the merchant chooses, is that one.
 */
function signedText(item: unknown): string {
  return SIGNED.map((name) => {
    const value = readMember(item, name.split('.')) ?? ''
    const text = typeof value === 'number' ? String(value) : value
    if (typeof text === 'string' && (name === MERCHANT_REFERENCE || !text.includes(':')))
      return text
    throw new WebhookError(
      'ERR_SIGNATURE_MALFORMED',
      `The signed field ${name} is of a form that Adyen does not use`,
    )
  }).join(':')
}

const IDENTITY = ['pspReference', 'eventCode', 'success'].map(member)

/** There is no id of a delivery; these are signed, and the same in its retries. */
function idOf(event: Extractable): string | undefined {
  const parts = IDENTITY.map((read) => read(event))
  return parts.includes(undefined) ? undefined : parts.join(':')
}

async function signItems(message: OutgoingMessage, sign: SignChunks): Promise<OutgoingMessage> {
  const payload = parseJson(new TextDecoder().decode(message.body)) as object
  const notificationItems: unknown[] = []
  for (const item of itemsOf(payload) as readonly Record<string, object>[]) {
    const hmacSignature = await sign([signedText(item)])
    const additionalData = { ...item['additionalData'], hmacSignature }
    notificationItems.push({ [ITEM]: { ...item, additionalData } })
  }
  return { ...message, body: encodeUtf8(JSON.stringify({ ...payload, notificationItems })) }
}

export const facts: ProviderFacts = {
  title: 'Adyen',
  docs: [
    'https://docs.adyen.com/development-resources/webhooks/secure-webhooks/verify-hmac-signatures',
    'https://docs.adyen.com/development-resources/webhooks/troubleshoot',
    'https://docs.adyen.com/platforms/manage-webhooks',
  ],
  checked: '2026-07',
  delivered: ['2xx'],
  deliveredNote: 'older accounts want the body [accepted], which is sent',
  retriedOn: ['else'],
  retriedNote: 'later events of the endpoint wait behind it',
  schedule:
    '3 times within half a minute, then after 2, 5, 10, 15 and 30 min, 1, 2, 4 and 8 h, for 30 days',
  doubts: [
    'The 10 s are inferred: see `deadlineSeconds`',
    'The header of the mode `platform` is inferred: see `signatureHeader`',
    'The older form encoding (HTTP POST) is not taken, and a password (Basic) set up beside the key is not looked at',
  ],
}
