import { messageOf } from '../../errors.ts'
import { encode } from '../../lib/bytes.ts'

const LIMIT_MS = 20_000

/** Rejects if that takes too long. */
export async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  const end = performance.now() + LIMIT_MS
  while (!(await condition())) {
    if (performance.now() > end)
      throw new Error(`Not within ${LIMIT_MS / 1000} s: ${String(condition)}`)
    await sleep(5)
  }
}

export const sleep = (ms: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, ms))

/** Not of a test runner: whoever has an engine has one of their own. */
export function expectEqual(what: string, seen: unknown, wanted: unknown): void {
  if (seen === wanted) return
  const text = (value: unknown) => messageOf(value).slice(0, 200)
  throw new Error(`Expected ${what} to be ${text(wanted)}, not ${text(seen)}`)
}

export function randomBytes(length: number): Uint8Array {
  const bytes = new Uint8Array(length)
  for (let at = 0; at < length; at += 65_536)
    crypto.getRandomValues(bytes.subarray(at, at + 65_536))
  return bytes
}

/** Of what may not have been seen. */
export const hex = (bytes: Uint8Array | undefined): string | undefined =>
  bytes && encode(bytes, 'hex')
