import type { ProviderFacts } from 'webhook-target'
import { facts as docker } from 'webhook-target/providers/docker-hub'
import { facts as mailgun } from 'webhook-target/providers/mailgun'
import { facts as pagerduty } from 'webhook-target/providers/pagerduty'
import { facts as sns } from 'webhook-target/providers/aws-sns'
import { facts as stripe } from 'webhook-target/providers/stripe'
import { facts as twilio } from 'webhook-target/providers/twilio'
import { facts as typeform } from 'webhook-target/providers/typeform'
import { facts as websub } from 'webhook-target/providers/websub'
import { meaningOfAnswer, type AnswerMeaning } from 'webhook-target/testing'
import { expect, test } from 'vitest'

type Facts = Pick<ProviderFacts, 'delivered' | 'retriedOn' | 'givenUpOn'>
type Answer = Parameters<typeof meaningOfAnswer>[1]

const TABLE: readonly (readonly [string, Answer, AnswerMeaning, Facts])[] = [
  ['stripe', 200, 'delivered', stripe],
  ['stripe', 299, 'delivered', stripe],
  ['stripe', 301, 'retried', stripe],
  ['stripe', 401, 'retried', stripe],
  ['stripe', 199, 'retried', stripe],
  ['stripe', 'timeout', 'retried', stripe],
  ['stripe', 'unreachable', 'retried', stripe],
  ['mailgun', 204, 'retried', mailgun],
  ['mailgun', 406, 'given-up', mailgun],
  ['typeform', 410, 'given-up', typeform],
  ['pagerduty', 429, 'retried', pagerduty],
  ['pagerduty', 428, 'given-up', pagerduty],
  ['pagerduty', 302, 'unknown', pagerduty],
  ['sns', 401, 'delivered', sns],
  ['sns', 500, 'retried', sns],
  ['twilio', 'unreachable', 'retried', twilio],
  ['twilio', 'timeout', 'given-up', twilio],
  ['twilio', 503, 'given-up', twilio],
  ['docker-hub', 200, 'delivered', docker],
  ['docker-hub', 204, 'unknown', docker],
  ['docker-hub', 500, 'given-up', docker],
  ['websub', 500, 'unknown', websub],
  ['websub', 'timeout', 'unknown', websub],
  ['one that says nothing', 200, 'unknown', { delivered: [], retriedOn: [] }],
  ['one with a status of a class', 203, 'retried', { delivered: ['2xx'], retriedOn: [203] }],
  ['one with a class of the rest', 599, 'retried', { delivered: ['else'], retriedOn: ['5xx'] }],
  ['one with a status of no class', 600, 'unknown', { delivered: ['2xx'], retriedOn: ['5xx'] }],
]

test.each(TABLE)('to %s %s is %s', (_name, answer, meaning, facts) => {
  expect(meaningOfAnswer(facts, answer)).toBe(meaning)
})
