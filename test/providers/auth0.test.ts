import { auth0 } from 'webhook-target/providers/auth0'
import { describe, expect, test } from 'vitest'
import { deliver } from './deliver.ts'

const provider = auth0({ secret: 'Bearer my-log-token' })
const headers = { 'content-type': 'application/json' }
const one = { log_id: '1', data: { type: 's' } }
const two = { log_id: '2', data: { type: 'f', description: '}\n{' } }
const lines = [one, two].map((record) => JSON.stringify(record))

describe('the records of a log stream', () => {
  test.each([
    { name: 'as JSON lines', body: `${lines.join('\n')}\n` },
    { name: 'as JSON lines with CRLF', body: lines.join('\r\n') },
    { name: 'as an array', body: JSON.stringify([one, two]) },
    { name: 'as an indented array', body: JSON.stringify([one, two], null, 2) },
    { name: 'as an object', body: JSON.stringify({ logs: [one, two] }) },
  ])('$name', async ({ body }) => {
    const { status, events } = await deliver(provider, { headers, body })
    expect(status).toBe(200)
    expect(events).toMatchObject([
      { type: 's', id: '1', data: one },
      { type: 'f', id: '2', data: two },
    ])
  })

  test('an indented object is one', async () => {
    const { events } = await deliver(provider, { headers, body: JSON.stringify(two, null, 2) })
    expect(events).toMatchObject([{ id: '2' }])
  })

  test.each([
    { name: 'a line that is cut off', body: `${lines[0]}\n{"log_id"` },
    { name: 'a line that is no JSON', body: `${lines[0]}\n{broken}` },
  ])('$name is refused, and nothing of it is worked on', async ({ body }) => {
    const answer = await deliver(provider, { headers, body })
    expect(answer).toMatchObject({ status: 400, code: 'ERR_BODY_MALFORMED', events: [] })
  })
})
