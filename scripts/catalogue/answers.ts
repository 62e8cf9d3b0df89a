/** The answers in the facts of a provider as sentences. */
import type { Answers, ProviderFacts } from 'webhook-target'

type Answer = Answers[number]

/** `200 or 204 (with an empty body)` */
export function deliveredText({ delivered, deliveredNote }: ProviderFacts): string {
  return noted(list(delivered.map(nameOf), 'or'), deliveredNote)
}

/** `after 429 and 5xx, never after any other 4xx; after others it is not known` */
export function retriedText({ retriedOn, retriedNote, givenUpOn = [] }: ProviderFacts): string {
  if (retriedOn === 'unknown') {
    const unknown = noted('not known', retriedNote ?? 'the sources read do not say')
    return [unknown, ...never(givenUpOn)].join(', ')
  }
  if (retriedOn.length === 0) return noted('never', retriedNote)
  if (retriedOn.includes('else')) {
    const but = givenUpOn.length > 0 ? ` but ${list(givenUpOn.map(nameOf), 'and')}` : ''
    return noted(`after anything else${but}`, retriedNote)
  }
  const only = givenUpOn.includes('else') ? 'only ' : ''
  const retried = noted(`${only}after ${list(retriedOn.map(nameOf), 'and')}`, retriedNote)
  return [retried, ...never(givenUpOn, retriedOn)].join(', ')
}

function never(givenUpOn: Answers, retriedOn: Answers = []): readonly string[] {
  const named = givenUpOn.filter((answer) => answer !== 'else')
  const names = named.map((answer) =>
    [...named, ...retriedOn].some((other) => isOneOf(other, answer))
      ? `any other ${nameOf(answer)}`
      : nameOf(answer),
  )
  return names.length > 0 ? [`never after ${list(names, 'or')}`] : []
}

/** Whether it is a status of the class. */
const isOneOf = (status: Answer, name: Answer) =>
  typeof status === 'number' && `${Math.floor(status / 100)}xx` === name

function nameOf(answer: Answer): string {
  if (answer === 'timeout') return 'no answer in time'
  if (answer === 'unreachable') return 'failed connections'
  return answer === 'else' ? 'anything else' : String(answer)
}

/** `200, 202 or 204` */
function list(names: readonly string[], word: 'and' | 'or'): string {
  const last = names.at(-1) ?? ''
  return names.length > 1 ? `${names.slice(0, -1).join(', ')} ${word} ${last}` : last
}

const noted = (text: string, note: string | undefined) => (note ? `${text} (${note})` : text)
