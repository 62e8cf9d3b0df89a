import type { Answers, ProviderFacts } from '../provider.ts'

/** What an answer is to a sender; `given-up` is a failure after which nothing comes again. */
export type AnswerMeaning = 'delivered' | 'retried' | 'given-up' | 'unknown'

/**
 * What the sender makes of an answer, as its `facts` say: a status, no answer in time (`timeout`), or no connection
 * (`unreachable`). It is `unknown` where the sources that were read don't say. What they say beyond the answer, as
 * that the body has to be empty, is in `deliveredNote` and `retriedNote`.
 *
 * @example
 * import { facts } from 'webhook-target/providers/mailgun'
 * meaningOfAnswer(facts, 204) // 'retried': only 200 counts as delivered
 */
export function meaningOfAnswer(
  facts: Pick<ProviderFacts, 'delivered' | 'retriedOn' | 'givenUpOn'>,
  answer: number | 'timeout' | 'unreachable',
): AnswerMeaning {
  const { delivered, retriedOn, givenUpOn = [] } = facts
  const lists: readonly (readonly [AnswerMeaning, Answers])[] = [
    ['delivered', delivered],
    ['retried', retriedOn === 'unknown' ? [] : retriedOn],
    ['given-up', givenUpOn],
  ]
  for (const name of namesOf(answer)) {
    const found = lists.find(([, answers]) => answers.includes(name))
    if (found) return found[0]
  }
  return 'unknown'
}

/** By what an answer may be listed, the closest name first. */
function namesOf(answer: number | 'timeout' | 'unreachable'): Answers {
  if (typeof answer === 'string') return [answer, 'else']
  const classes = ['2xx', '3xx', '4xx', '5xx'] as const
  const found = classes[Math.floor(answer / 100) - 2]
  return found ? [answer, found, 'else'] : [answer, 'else']
}
