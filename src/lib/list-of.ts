import { WebhookError } from '../errors.ts'
import { readMember } from './member.ts'

/**
 * Splits a batch at the list that a path of its payload leads to; without a path the payload is the list.
 *
 * @throws {WebhookError} `ERR_BODY_MALFORMED` from what it returns, if there is no list
 */
export function listOf(path = ''): (payload: unknown) => readonly unknown[] {
  const names = path === '' ? [] : path.split('.')
  return (payload) => {
    const found = readMember(payload, names)
    if (Array.isArray(found)) return found as readonly unknown[]
    throw new WebhookError(
      'ERR_BODY_MALFORMED',
      path === '' ? 'The payload is no list of events' : `The payload has no list in ${path}`,
    )
  }
}
