import { configurationError } from '../errors.ts'
import type { OutgoingMessage } from '../types.ts'
import { encodeUtf8 } from './bytes.ts'

type Json = Readonly<Record<string, unknown>>

/**
 * The message with a member of its JSON body set, by the names of its path. The body is written anew.
 *
 * @throws {TypeError} `ERR_OPTION_INVALID` if the body is no JSON object
 */
export function withMember(
  message: OutgoingMessage,
  names: readonly string[],
  value: unknown,
): OutgoingMessage {
  const changed = set(parseObject(message.body), names, value)
  return { ...message, body: encodeUtf8(JSON.stringify(changed)) }
}

function parseObject(body: Uint8Array): Json {
  let value: unknown
  try {
    value = JSON.parse(new TextDecoder().decode(body))
  } catch {
    // Refused below: the engine's message quotes the body.
  }
  if (isObject(value)) return value
  throw configurationError('ERR_OPTION_INVALID', 'This sender signs only what is a JSON object')
}

function set(object: Json, [name, ...rest]: readonly string[], value: unknown): Json {
  const before = object[name!]
  return {
    ...object,
    [name!]: rest.length > 0 ? set(isObject(before) ? before : {}, rest, value) : value,
  }
}

const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
