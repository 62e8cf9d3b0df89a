import { createWebhookHandler } from 'webhook-target'
import { mandrill } from 'webhook-target/providers/mandrill'
import { describe, expect, test } from 'vitest'
import { receive, signed } from './deliver.ts'

const sender = mandrill({ secret: 'a secret of any sender' })
const click = (url: string) => ({ event: 'click', _id: 'm-1', ts: 1_699_999_999, url })

test('clicks on all links of a message in one second are as many events', async () => {
  const clicked: unknown[] = []
  const handler = createWebhookHandler({
    provider: sender,
    on: { click: ({ data }) => void clicked.push(data) },
  })
  const events = [click('https://example.com/a'), click('https://example.com/b')]
  const batches = [events, [events[1], click('https://example.com/c')]]
  for (const batch of batches) {
    const request = await signed(sender, {
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: `mandrill_events=${encodeURIComponent(JSON.stringify(batch))}`,
    })
    expect((await handler(request)).status).toBe(200)
  }
  expect(clicked).toEqual([...events, click('https://example.com/c')])
})

describe('the POST that checks a new URL', () => {
  const form = { 'content-type': 'application/x-www-form-urlencoded' }
  const check = mandrill({ secret: 'test-webhook' })
  const post = (body: string) => signed(check, { headers: form, body })

  test('is answered, and brings no event', async () => {
    const answer = await receive(sender, await post('mandrill_events=[]'))
    expect(answer).toMatchObject({ status: 200, text: '', events: [], code: undefined })
  })

  test.each([
    'mandrill_events=[{"event":"open"}]',
    'mandrill_events=[ ]',
    'mandrill_events=[]&mandrill_events=[{"event":"open"}]',
    'mandrill_events=[{"event":"open"}]&mandrill_events=[]',
    'mandrill_events=[]&event=open',
    'mandrill_events=',
    'other=[]',
    '',
  ])('is refused with anything in it: %s', async (body) => {
    const answer = await receive(sender, await post(body))
    expect(answer).toMatchObject({ status: 401, code: 'ERR_SIGNATURE_MISMATCH', events: [] })
  })

  test('is refused where it is not wanted, as is the HEAD', async () => {
    const strict = mandrill({ secret: 'a secret of any sender', urlCheck: false })
    expect(await receive(strict, await post('mandrill_events=[]'))).toMatchObject({ status: 401 })
    const head = () => new Request('https://example.com/in', { method: 'HEAD' })
    expect((await receive(strict, head())).status).toBe(405)
    expect((await receive(sender, head())).status).toBe(200)
  })

  test('leaves the genuine ones as they are', async () => {
    const body = `mandrill_events=${JSON.stringify([click('https://example.com/')])}`
    for (const secret of ['a secret of any sender', 'old']) {
      const rotating = mandrill({ secret: ['a secret of any sender', 'old'] })
      const request = await signed(mandrill({ secret }), { headers: form, body })
      expect(await receive(rotating, request)).toMatchObject({ status: 200, events: [{}] })
    }
  })
})
