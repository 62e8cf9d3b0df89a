import { knownToken } from '../lib/known-token.ts'
import type { Challenge, ReplyParts, SecretSource } from '../types.ts'

export interface VerificationCodeOptions {
  /** The code that the sender shows where the URL is entered. */
  readonly code: SecretSource | undefined
  /** The query parameter of a GET that holds it. */
  readonly query: string
  /** The answer to the right code. @default 204 */
  readonly right?: ReplyParts
  /** The answer to a wrong one. @default 404 */
  readonly wrong?: ReplyParts
}

const RIGHT: ReplyParts = { status: 204, headers: {}, body: null }
const WRONG: ReplyParts = { status: 404, headers: {}, body: null }

/**
 * A sender that asks twice, with the right code and with a wrong one, and wants to be told which is which
 * (Fitbit). So a wrong code is a question like the right one, and answered.
 *
 * @throws {TypeError} `ERR_SECRET_EMPTY` without a code
 */
export function verificationCode(options: VerificationCodeOptions): Challenge {
  const { code, query, right = RIGHT, wrong = WRONG } = options
  const isKnown = knownToken(code)
  return {
    name: 'verification-code',
    method: 'GET',
    signed: false,
    inBody: false,
    async answer(delivery) {
      const given = delivery.query.get(query)
      if (given === null) return undefined
      return (await isKnown(given, delivery)) ? right : wrong
    },
  }
}
