/** Real and realistic payloads. Ids are new each time, so that two sends are two deliveries. */
import { randomUUID } from 'node:crypto'
import { createRequire } from 'node:module'
import type { WebhookDefinition } from '@octokit/webhooks-examples'

export type Headers = Readonly<Record<string, string>>

export const jsonHeaders = (): Headers => ({ 'content-type': 'application/json' })
const shortId = () => randomUUID().replaceAll('-', '').slice(0, 16)

/** GitHub names the event in a header; `event.action` finds the example of one action. */
export const githubHeaders = (event: string): Headers => ({
  ...jsonHeaders(),
  'user-agent': 'GitHub-Hookshot/sample',
  'x-github-event': event.split('.', 1)[0]!,
  'x-github-delivery': randomUUID(),
})

/** The fullest example that GitHub's community has published for an event. */
export function githubSample(event: string): string {
  const [name, action] = event.split('.')
  const load = createRequire(import.meta.url)
  const definitions = load('@octokit/webhooks-examples') as readonly WebhookDefinition[]
  const [body] = (definitions.find((definition) => definition.name === name)?.examples ?? [])
    .filter((example) => !action || ('action' in example && example.action === action))
    .map((example) => JSON.stringify(example))
    .toSorted((a, b) => b.length - a.length)
  if (body) return body
  const known = definitions.map((definition) => definition.name).join(', ')
  throw new RangeError(`No example of the GitHub event ${event}; there are: ${known}`)
}

/** Slash commands come as forms, all else as JSON. */
export const slackHeaders = (event: string): Headers =>
  event.startsWith('/') ? { 'content-type': 'application/x-www-form-urlencoded' } : jsonHeaders()

export function slackSample(event: string): string {
  if (event === 'url_verification') return JSON.stringify({ type: event, challenge: shortId() })
  if (event.startsWith('/')) return slackCommand(event)
  const now = Math.floor(Date.now() / 1000)
  return JSON.stringify({
    type: 'event_callback',
    team_id: 'T0MDYS8Q2',
    api_app_id: 'A0MDYS8Q2',
    event_id: `Ev${shortId().toUpperCase()}`,
    event_time: now,
    event: {
      type: event,
      user: 'U0MDYS8Q2',
      channel: 'C0MDYS8Q2',
      text: 'is it deployed?',
      ts: `${now}.000100`,
      event_ts: `${now}.000100`,
    },
  })
}

function slackCommand(command: string): string {
  return new URLSearchParams({
    command,
    text: 'main',
    team_id: 'T0MDYS8Q2',
    user_id: 'U0MDYS8Q2',
    trigger_id: shortId(),
    response_url: 'https://hooks.slack.com/commands/sample',
  }).toString()
}

export function stripeSample(type: string): string {
  const [object = 'object'] = type.split('.')
  return JSON.stringify({
    id: `evt_${shortId()}`,
    object: 'event',
    type,
    api_version: '2026-10-29',
    created: Math.floor(Date.now() / 1000),
    livemode: false,
    pending_webhooks: 1,
    request: { id: null, idempotency_key: null },
    data: { object: { id: `obj_${shortId()}`, object, amount: 2000, currency: 'eur' } },
  })
}

export function tokenSample(event: string): string {
  if (event === 'challenge') return JSON.stringify({ challenge: shortId() })
  return JSON.stringify({ type: event, id: shortId(), order: { number: 42, total: '19.90' } })
}
