/**
 * What a status means to the sender:
 * `refused` = proven not to come from it, `rejected` = it may be the sender but the request can't be taken,
 * `unavailable` = our side can't decide or can't work now, so the sender should try again.
 */
export type ErrorKind = 'refused' | 'rejected' | 'unavailable'

/** The closed union of codes a {@link WebhookError} can carry. */
export type ErrorCode =
  | 'ERR_SIGNATURE_MISSING'
  | 'ERR_SIGNATURE_MALFORMED'
  | 'ERR_SIGNATURE_MISMATCH'
  | 'ERR_TIMESTAMP_MISSING'
  | 'ERR_TIMESTAMP_MALFORMED'
  | 'ERR_TIMESTAMP_OUTSIDE_TOLERANCE'
  | 'ERR_CREDENTIAL_MISSING'
  | 'ERR_CREDENTIAL_MISMATCH'
  | 'ERR_TENANT_UNKNOWN'
  | 'ERR_KEY_UNKNOWN'
  | 'ERR_CERTIFICATE_REFUSED'
  | 'ERR_TOKEN_REFUSED'
  | 'ERR_CHALLENGE_REFUSED'
  | 'ERR_REQUEST_MALFORMED'
  | 'ERR_HEADER_REPEATED'
  | 'ERR_BODY_INCOMPLETE'
  | 'ERR_BODY_MALFORMED'
  | 'ERR_PATH_UNKNOWN'
  | 'ERR_METHOD_NOT_ALLOWED'
  | 'ERR_BODY_TOO_LARGE'
  | 'ERR_CONTENT_ENCODING'
  | 'ERR_SCHEMA_MISMATCH'
  | 'ERR_BODY_CONSUMED'
  | 'ERR_SECRET_UNAVAILABLE'
  | 'ERR_HANDLER_FAILED'
  | 'ERR_DEADLINE_EXCEEDED'
  | 'ERR_OVERLOADED'
  | 'ERR_INBOX_UNAVAILABLE'
  | 'ERR_INTERNAL'

/** Every code, its HTTP status and its kind. `docs/errors.md` explains each one. */
export const ERRORS: Readonly<Record<ErrorCode, readonly [status: number, kind: ErrorKind]>> = {
  ERR_SIGNATURE_MISSING: [401, 'refused'],
  ERR_SIGNATURE_MALFORMED: [401, 'refused'],
  ERR_SIGNATURE_MISMATCH: [401, 'refused'],
  ERR_TIMESTAMP_MISSING: [401, 'refused'],
  ERR_TIMESTAMP_MALFORMED: [401, 'refused'],
  ERR_TIMESTAMP_OUTSIDE_TOLERANCE: [401, 'refused'],
  ERR_CREDENTIAL_MISSING: [401, 'refused'],
  ERR_CREDENTIAL_MISMATCH: [401, 'refused'],
  ERR_TENANT_UNKNOWN: [401, 'refused'],
  ERR_KEY_UNKNOWN: [401, 'refused'],
  ERR_CERTIFICATE_REFUSED: [401, 'refused'],
  ERR_TOKEN_REFUSED: [401, 'refused'],
  ERR_CHALLENGE_REFUSED: [403, 'rejected'],
  ERR_REQUEST_MALFORMED: [400, 'rejected'],
  ERR_HEADER_REPEATED: [400, 'rejected'],
  ERR_BODY_INCOMPLETE: [400, 'rejected'],
  ERR_BODY_MALFORMED: [400, 'rejected'],
  ERR_PATH_UNKNOWN: [404, 'rejected'],
  ERR_METHOD_NOT_ALLOWED: [405, 'rejected'],
  ERR_BODY_TOO_LARGE: [413, 'rejected'],
  ERR_CONTENT_ENCODING: [415, 'rejected'],
  ERR_SCHEMA_MISMATCH: [422, 'rejected'],
  ERR_BODY_CONSUMED: [500, 'unavailable'],
  ERR_SECRET_UNAVAILABLE: [503, 'unavailable'],
  ERR_HANDLER_FAILED: [503, 'unavailable'],
  ERR_DEADLINE_EXCEEDED: [503, 'unavailable'],
  ERR_OVERLOADED: [503, 'unavailable'],
  ERR_INBOX_UNAVAILABLE: [503, 'unavailable'],
  ERR_INTERNAL: [503, 'unavailable'],
}

/**
 * Everything that goes wrong with a delivery. Switch on `code`. The message names what was seen and the
 * likely cause, for the log; it never holds a secret, an expected signature or the body, and is never sent.
 */
export class WebhookError extends Error {
  override readonly name = 'WebhookError'
  readonly code: ErrorCode
  readonly kind: ErrorKind
  /** The status answered, unless the provider's acknowledgement contract has another one for refusals. */
  readonly status: number
  /** Seconds the sender is asked to wait, for the answers that carry `Retry-After`. */
  readonly retryAfterSeconds: number | undefined

  constructor(
    code: ErrorCode,
    message: string,
    options: { readonly cause?: unknown; readonly retryAfterSeconds?: number } = {},
  ) {
    super(message, 'cause' in options ? { cause: options.cause } : undefined)
    this.code = code
    ;[this.status, this.kind] = ERRORS[code]
    this.retryAfterSeconds = options.retryAfterSeconds
  }
}

/** True for errors of any installed copy of this package, unlike `instanceof`. */
export function isWebhookError(error: unknown): error is WebhookError {
  const { name, code } = (error ?? {}) as Partial<WebhookError>
  return name === 'WebhookError' && code !== undefined && Object.hasOwn(ERRORS, code)
}

/** What any thrown value has to say: JavaScript throws anything, and some of it can't be made text. */
export function messageOf(thrown: unknown): string {
  try {
    return thrown instanceof Error ? thrown.message : String(thrown)
  } catch {
    return 'something that is no text'
  }
}

/** Codes of mistakes in the configuration, thrown when a scheme, provider or handler is created. */
export type ConfigurationErrorCode =
  | 'ERR_SECRET_EMPTY'
  | 'ERR_SECRET_MALFORMED'
  | 'ERR_OPTION_INVALID'

/** A `TypeError` with a `code`: wrong use by the programmer, thrown at creation, never at a delivery. */
export function configurationError(
  code: ConfigurationErrorCode,
  message: string,
): TypeError & { readonly code: ConfigurationErrorCode } {
  return Object.assign(new TypeError(message), { code })
}
