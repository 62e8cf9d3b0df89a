import { mollie } from 'webhook-target/providers/mollie'
import { describe, expect, test } from 'vitest'
import { createWebhookHandler } from 'webhook-target'
import { receive } from './deliver.ts'

const notice = (body: string) =>
  new Request('https://hooks.example.com/mollie', {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body,
  })

describe('a legacy notice', () => {
  test('is no duplicate of the one before: the payment has changed again', async () => {
    const seen: string[] = []
    const handler = createWebhookHandler({
      provider: mollie({ mode: 'legacy' }),
      on: { tr: ({ data }) => void seen.push((data as { id: string }).id) },
      telemetry: {},
    })
    await handler(notice('id=tr_1'))
    await handler(notice('id=tr_1'))
    expect(seen).toEqual(['tr_1', 'tr_1'])
  })

  test.each([
    'id=tr_1/../../customers',
    'id=tr_1%2F..',
    'id=tr_1%3Fa%3D1',
    'id=tr_1&id=tr_2',
    'id=TR_1',
    'id=tr_',
    'id=',
    'other=tr_1',
  ])('of %s is refused: it would end up in the URL of an API', async (body) => {
    const answer = await receive(mollie({ mode: 'legacy' }), notice(body))
    expect(answer).toMatchObject({ status: 400, code: 'ERR_BODY_MALFORMED', events: [] })
  })

  test('is not taken unless that is asked for', async () => {
    const answer = await receive(mollie({ secret: 'a secret' }), notice('id=tr_1'))
    expect(answer).toMatchObject({ status: 401, events: [] })
    expect(() => mollie({ secret: undefined })).toThrow(/secret is missing/)
    expect(() => mollie({ mode: 'old' } as never)).toThrow(/mode/)
  })
})
