// The check of the bare server, for peers that only bring the HTTP part.
import { createHmac, timingSafeEqual } from 'node:crypto'

export const port = Number(process.env.PORT)
export const host = '127.0.0.1'

/** The event, `undefined` for a forged body. */
export function verified(body, signature) {
  if (typeof signature !== 'string' || !signature.startsWith('sha256=')) return undefined
  const given = Buffer.from(signature.slice('sha256='.length), 'hex')
  const expected = createHmac('sha256', process.env.WEBHOOK_SECRET).update(body).digest()
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) return undefined
  return JSON.parse(body.toString())
}

export const statusFor = (event) =>
  event === undefined ? 401 : event.ref === undefined ? 400 : 204
