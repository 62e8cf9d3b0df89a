/** Holds the answers of a host against what is expected of it. */
import assert from 'node:assert/strict'
import { UNSPEAKABLE, type Behaviour, type Expected, type Host } from './behaviours.ts'
import type { Answer } from './sender.ts'

export interface Verdict {
  readonly name: string
  /** Why it failed; absent if it did not. */
  readonly failure?: string
}

/** Sends what the behaviour sends, and never throws. */
export async function check(behaviour: Behaviour, base: string, host: Host): Promise<Verdict> {
  const expected = behaviour.instead?.[host] ?? behaviour.expected
  const name = expected === behaviour.expected ? behaviour.name : `${behaviour.name} (differs)`
  try {
    const answers = [await behaviour.send(base)].flat()
    for (const answer of answers) assertAnswer(answer, expected)
    return { name }
  } catch (error) {
    return { name, failure: describe(error) }
  }
}

function assertAnswer(answer: Answer, { status, body = '', json, headers = {} }: Expected): void {
  const { status: actual, body: text } = answer
  assert.equal(actual, status, `status ${actual}, not ${status}; body ${JSON.stringify(text)}`)
  if (json) assert.deepEqual(JSON.parse(text), json)
  else assert.equal(text, body)
  for (const [field, pattern] of Object.entries(headers)) {
    assert.match(String(answer.headers[field]), pattern, `header ${field}`)
  }
  const whole = JSON.stringify(answer)
  for (const word of UNSPEAKABLE) assert.ok(!whole.includes(word), 'the answer gives a secret away')
}

function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return error.cause ? `${error.message}: ${describe(error.cause)}` : error.message
}
