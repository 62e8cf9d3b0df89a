import { ping } from '../challenges/ping.ts'
import { configurationError } from '../errors.ts'
import { readMember } from '../lib/member.ts'
import { defineProvider, first, member, time, type ProviderFacts } from '../provider.ts'
import { ed25519 } from '../schemes/ed25519.ts'
import type {
  AcknowledgementContract,
  Challenge,
  EventDescription,
  Extractable,
  Provider,
  SecretSource,
} from '../types.ts'

export interface DiscordOptions {
  /** The public key of the application, 32 bytes as hex. */
  readonly publicKey: SecretSource | undefined
  /** Which of Discord's two kinds of webhook the URL is registered for: they number their types differently. */
  readonly mode: 'interactions' | 'webhook-events'
  /**
   * Seconds to either side; `false` accepts any age. Discord documents none. The token in an interaction
   * lives for 15 minutes and an event is delivered again for 10, so nothing older is of use.
   *
   * @default 900
   */
  readonly toleranceSeconds?: number | false
}

/** What tells the two modes apart. */
interface Mode {
  readonly challenge: Challenge
  readonly event: EventDescription
  readonly acknowledge: AcknowledgementContract
}

/** Discord wants a content type even on an answer without content. */
const JSON_HEADERS = { 'content-type': 'application/json' }
const INTERACTIONS: Readonly<Record<string, string>> = {
  2: 'application_command',
  3: 'message_component',
  4: 'application_command_autocomplete',
  5: 'modal_submit',
}

const MODES: Readonly<Record<DiscordOptions['mode'], Mode>> = {
  interactions: {
    challenge: ping({
      member: 'type',
      is: 1,
      reply: { status: 200, headers: JSON_HEADERS, body: '{"type":1}' },
    }),
    event: {
      type: interactionType,
      subtype: first(member('data.name'), member('data.custom_id')),
      id: member('id'),
    },
    // 202 says that the answer comes through the interaction's callback; `reply()` answers at once.
    acknowledge: { deadlineSeconds: 3, success: { status: 202 }, retries: false },
  },
  'webhook-events': {
    challenge: ping({
      member: 'type',
      is: 0,
      reply: { status: 204, headers: JSON_HEADERS, body: null },
    }),
    event: { type: member('event.type'), timestamp: time('iso', eventTime) },
    acknowledge: { deadlineSeconds: 3, success: { status: 204, headers: JSON_HEADERS } },
  },
}

/**
 * Discord: interactions, or webhook events, signed with Ed25519. The type is `application_command` with
 * the name of the command below it (`application_command.weather`), or that of the event
 * (`APPLICATION_AUTHORIZED`). Discord waits 3 s, probes with wrong signatures and takes the URL away
 * unless those are answered 401. Interactions are answered with `reply({ type: 4, data })`.
 *
 * @see https://docs.discord.com/developers/interactions/overview
 * @see https://docs.discord.com/developers/events/webhook-events
 * @throws {TypeError} `ERR_SECRET_EMPTY`, `ERR_SECRET_MALFORMED`, `ERR_OPTION_INVALID` without a mode
 */
export function discord({ publicKey, mode, toleranceSeconds = 900 }: DiscordOptions): Provider {
  const { challenge, event, acknowledge } = modeOf(mode)
  return defineProvider({
    name: 'discord',
    verify: ed25519({
      publicKey,
      header: 'x-signature-ed25519',
      content: '{timestamp}{body}',
      timestamp: { header: 'x-signature-timestamp', toleranceSeconds },
    }),
    challenges: [challenge],
    event,
    acknowledge: { ...acknowledge, refusedStatus: 401 },
  })
}

function modeOf(mode: DiscordOptions['mode']): Mode {
  if (Object.hasOwn(MODES, mode)) return MODES[mode]
  throw configurationError(
    'ERR_OPTION_INVALID',
    'discord() takes mode "interactions" or "webhook-events"',
  )
}

function interactionType({ payload }: Extractable): string | undefined {
  const type = readMember(payload, ['type'])
  return typeof type === 'number' ? (INTERACTIONS[type] ?? `interaction_${type}`) : undefined
}

/** In UTC, which the text does not say. */
function eventTime({ payload }: Extractable): string | undefined {
  const text = readMember(payload, ['event', 'timestamp'])
  if (typeof text !== 'string') return undefined
  return /(Z|[+-]\d\d:\d\d)$/.test(text) ? text : `${text}Z`
}

export const facts: ProviderFacts = {
  title: 'Discord',
  docs: [
    'https://docs.discord.com/developers/interactions/receiving-and-responding',
    'https://docs.discord.com/developers/events/webhook-events',
  ],
  checked: '2026-07',
  delivered: [200, 202, 204],
  deliveredNote: '200 with a response or 202 for interactions, 204 for events',
  retriedOn: ['timeout', 'unreachable'],
  retriedNote: 'for events; never for interactions',
  schedule: 'With growing pauses for up to 10 min',
  disables: 'Failing the probe with a wrong signature, or too many failures',
  doubts: [
    'No tolerance is documented, and its package has none: see `toleranceSeconds`',
    'Whether an error status counts as no answer, after which an event comes again, is not documented',
  ],
}
