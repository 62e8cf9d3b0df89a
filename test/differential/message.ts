import type { Message } from 'webhook-target/testing'
import type { Sample } from '../providers/sample.ts'

/** What text goes through on its way: several bytes to a character, and the one for what is no text. */
const NOTE = 'é\ufffd漢😀'

/** The message of a sample; JSON with a note in it that is not ASCII. */
export function messageOf(samples: readonly Sample[], index = 0): Message {
  const { message } = samples[index]!
  return typeof message.body === 'string'
    ? message
    : { ...message, body: { ...(message.body as object), note: NOTE } }
}
