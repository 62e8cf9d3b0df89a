/** What has to hold of a message and its signature (RFC 9421, section 3.2) beside the key. */
import type { Delivery } from '../delivery.ts'
import { messageOf, WebhookError } from '../errors.ts'
import { checkContentDigest } from './content-digest.ts'
import { checkFreshness, DEFAULT_TOLERANCE_SECONDS } from './freshness.ts'
import { queryOf } from './message-components.ts'
import { DIGEST_FIELD, malformed, type MessageSignature } from './message-signature-fields.ts'
import type { HttpMessageSignaturesOptions } from './message-signature-options.ts'
import type { BareItem, InnerList } from './structured-fields.ts'

/** What shows before the body has come: the algorithm, what is covered, and the age. */
export function checkHead(
  { covered, names }: MessageSignature,
  head: Delivery,
  options: HttpMessageSignaturesOptions,
): void {
  const { algorithm, required, toleranceSeconds = DEFAULT_TOLERANCE_SECONDS } = options
  const named = covered.parameters.get('alg')
  if (named !== undefined && named !== algorithm.name)
    throw malformed('names another algorithm than the configured one')
  const missing = (required ?? defaultRequired(head, names)).filter((name) => !names.includes(name))
  if (missing.length > 0) throw malformed(`does not cover ${missing.join(', ')}`)
  checkTimes(covered.parameters, head.receivedAt, toleranceSeconds)
}

/** The whole target, in one component or in several. */
function defaultRequired({ url }: Delivery, names: readonly unknown[]): readonly string[] {
  if (names.includes('@target-uri')) return ['@method']
  if (names.includes('@request-target')) return ['@method', '@authority']
  return ['@method', '@authority', '@path', ...(queryOf(url) ? ['@query'] : [])]
}

function checkTimes(
  parameters: InnerList['parameters'],
  now: number,
  toleranceSeconds: number | false,
): void {
  const [created, expires] = [parameters.get('created'), parameters.get('expires')]
  if (created !== undefined) checkFreshness(toText(created), { unit: 's', now, toleranceSeconds })
  else if (toleranceSeconds !== false)
    throw new WebhookError(
      'ERR_TIMESTAMP_MISSING',
      'The signature does not say when it was created',
    )
  if (expires === undefined) return
  checkFreshness(toText(expires), { unit: 's', now, toleranceSeconds: false })
  if (Number(expires) * 1000 >= now) return
  throw new WebhookError('ERR_TIMESTAMP_OUTSIDE_TOLERANCE', 'The signature has expired')
}

/** Only a whole number is a time: as text, another type is none. */
const toText = (value: BareItem) => (typeof value === 'number' ? String(value) : '')

export async function checkBody(
  { body, headers }: Delivery,
  { names }: MessageSignature,
  { unsafeUncoveredBody = false }: HttpMessageSignaturesOptions,
): Promise<void> {
  if (!names.includes(DIGEST_FIELD)) {
    if (body.length === 0 || unsafeUncoveredBody) return
    throw malformed('does not cover content-digest, so that it says nothing of the body')
  }
  const right = await checkContentDigest(headers.get(DIGEST_FIELD) ?? '', body)
  if (right) return
  if (right === undefined) throw malformed('covers a Content-Digest without SHA-256 or SHA-512')
  throw new WebhookError(
    'ERR_SIGNATURE_MISMATCH',
    'The Content-Digest is not of this body; was it rewritten on the way?',
  )
}

export async function claimNonce(
  delivery: Delivery,
  { covered }: MessageSignature,
  { claimNonce: claim }: HttpMessageSignaturesOptions,
): Promise<void> {
  if (!claim) return
  const nonce = covered.parameters.get('nonce')
  if (typeof nonce !== 'string') throw malformed('has no nonce')
  const { params, headers, url, body } = delivery
  let isNew: boolean
  try {
    isNew = await claim(nonce, { params, headers, url, body })
  } catch (cause) {
    const text = `Whether the nonce is new could not be told: ${messageOf(cause)}`
    throw new WebhookError('ERR_SECRET_UNAVAILABLE', text, { cause })
  }
  if (!isNew)
    throw new WebhookError('ERR_SIGNATURE_MISMATCH', 'The nonce was used before; it is a replay')
}
