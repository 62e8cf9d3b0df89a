import { arrivalId } from '../lib/arrival-id.ts'
import { defineProvider, first, member, time, type ProviderFacts } from '../provider.ts'
import { enteredCredential, type EnteredCredential } from '../schemes/entered-credential.ts'
import type { Extractable, Provider } from '../types.ts'

/** What was entered for the webhook: user and password, or a header of its own. */
export type PostmarkOptions = EnteredCredential & {
  /**
   * By what duplicates are known, inbound messages apart, which have an id. That an event has the same content in
   * all attempts is inferred; with `arrival` each that comes is an event.
   *
   * @default content
   */
  readonly identity?: 'content' | 'arrival'
}

/**
 * Postmark: a user name and password, or a header; nothing is signed. The type is `RecordType` (`Delivery`,
 * `Bounce`, `Open`), and `Inbound` for a message that came in. Those are known by their `MessageID`, all
 * else by its content, as one message is opened and clicked more than once. Inbound messages bring their
 * attachments along: raise `limits.maxBodyBytes` for them. Refusals are 401, never the 403 that would end
 * the retries for good.
 *
 * @see https://postmarkapp.com/developer/webhooks/webhooks-overview
 * @throws {TypeError} `ERR_SECRET_EMPTY`, `ERR_SECRET_MALFORMED`, `ERR_OPTION_INVALID`
 */
export function postmark({ identity = 'content', ...credential }: PostmarkOptions): Provider {
  return defineProvider({
    name: 'postmark',
    verify: enteredCredential(credential),
    event: {
      type: first(recordType, (from) => (messageId(from) ? 'Inbound' : undefined)),
      id: identity === 'arrival' ? first(inboundId, arrivalId()) : inboundId,
      timestamp: time(
        'iso',
        first(
          member('DeliveredAt'),
          member('BouncedAt'),
          member('ReceivedAt'),
          member('ChangedAt'),
        ),
      ),
    },
    acknowledge: { refusedStatus: 401 },
  })
}

const recordType = member('RecordType')
const messageId = member('MessageID')

function inboundId(from: Extractable): string | undefined {
  return recordType(from) === undefined ? messageId(from) : undefined
}

export const facts: ProviderFacts = {
  title: 'Postmark',
  docs: [
    'https://postmarkapp.com/developer/webhooks/webhooks-overview',
    'https://postmarkapp.com/support/article/understanding-inbound-webhook-retries-in-postmark',
  ],
  checked: '2026-11',
  delivered: [200],
  retriedOn: ['else'],
  givenUpOn: [403],
  schedule:
    'Inbound 10 times over 10.5 h: after 1 min, 5 min, 3 times 10 min, 15 min, 30 min, 1 h, 2 h and 6 h',
  doubts: [
    'The schedule is published for inbound messages only',
    'No deadline is published',
    'That an event has the same content in all attempts is inferred: see `identity`',
  ],
}
