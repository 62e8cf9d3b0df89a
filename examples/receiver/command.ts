/** The command line of `npm run send`. */
import { readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { senders, type Sender } from './senders.ts'

export interface SendCommand {
  readonly sender: Sender
  readonly event: string
  readonly url: string
  readonly secret: string | undefined
  /** The body to send in place of the sample's. */
  readonly data: Buffer | undefined
  /** How often the same delivery is sent again. */
  readonly duplicates: number
}

export const USAGE = `Usage: npm run send -- PROVIDER [EVENT] [options]

Signs a delivery as the provider would and sends it.

PROVIDER  ${Object.keys(senders).join(', ')}
EVENT     its type; for github any of its events, or event.action

  --url URL      the receiver, unless given the port PORT, else 8080, of this machine; with a path, exactly that
  --secret TEXT  sign with this secret; unless given, with the one of the running receiver
  --data FILE    send the bytes of this file, - for the standard input, instead of the sample
  --duplicate N  send the same delivery N times more

Ends with 0 if all were acknowledged, 1 if one was not or nothing answered, 2 for wrong usage`

/** Wrong usage: the text says what to change. */
export class UsageError extends Error {}

/** `undefined` if only the usage was asked for. */
export function parseCommand(
  args: readonly string[],
  { PORT }: NodeJS.ProcessEnv = process.env,
): SendCommand | undefined {
  const { values, positionals } = read(args)
  if (values.help) return undefined
  const [name = '', event, ...more] = positionals
  const sender = Object.hasOwn(senders, name) ? senders[name] : undefined
  if (!sender) {
    const seen = name ? `Unknown provider ${name}` : 'Which provider?'
    throw new UsageError(`${seen}; there are: ${Object.keys(senders).join(', ')}`)
  }
  if (more.length > 0) throw new UsageError(`One event at a time, not also ${more.join(' ')}`)
  return {
    sender,
    event: event ?? sender.defaultEvent,
    url: toUrl(values.url ?? `http://localhost:${Number(PORT) || 8080}`, sender.path),
    secret: values.secret,
    data: values.data === undefined ? undefined : readData(values.data),
    duplicates: toCount(values.duplicate),
  }
}

function read(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        url: { type: 'string' },
        secret: { type: 'string' },
        data: { type: 'string' },
        duplicate: { type: 'string', default: '0' },
        help: { type: 'boolean', short: 'h' },
      },
    })
  } catch (error) {
    throw new UsageError((error as Error).message)
  }
}

function toUrl(text: string, path: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (!url || !/^https?:$/.test(url.protocol)) {
    throw new UsageError(`--url takes an http or https URL, not ${text}`)
  }
  if (url.pathname === '/') url.pathname = path
  return url.href
}

function toCount(text: string): number {
  if (/^\d{1,4}$/.test(text)) return Number(text)
  throw new UsageError(`--duplicate takes a number up to 9999, not ${text}`)
}

function readData(file: string): Buffer {
  try {
    return readFileSync(file === '-' ? 0 : file)
  } catch (error) {
    throw new UsageError(`--data: ${(error as Error).message}`)
  }
}
