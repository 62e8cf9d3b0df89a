import { createWebhookHandler, type Challenge } from 'webhook-target'
import { echo } from 'webhook-target/challenges/echo'
import { presence } from 'webhook-target/challenges/presence'
import { describe, expect, test, vi } from 'vitest'
import { exchange, type Door, type Sent } from '../support/doors.ts'
import { silent } from '../support/reports.ts'
import { acme } from '../support/senders.ts'

export function challenges(door: Door): void {
  function ask(given: readonly Challenge[], sent: Sent) {
    const effect = vi.fn()
    const provider = acme({ challenges: given })
    const handler = createWebhookHandler({ provider, on: { '*': effect }, telemetry: silent })
    return exchange(door, handler, sent).then((answer) => {
      expect(effect).not.toHaveBeenCalled()
      return answer
    })
  }

  describe('challenges', () => {
    test('HEAD is answered without a body', async () => {
      const challenge = presence({ method: 'HEAD' })
      const answer = await ask([challenge], { method: 'HEAD', path: '/?a=1' })
      expect(answer).toMatchObject({ status: 200, body: '' })
    })

    test('HEAD is not allowed where no challenge asks by it', async () => {
      const answer = await ask([presence({ method: 'GET' })], { method: 'HEAD' })
      expect(answer).toMatchObject({ status: 405, body: '' })
      expect(answer.header('allow')).toBe('POST, GET')
    })

    test('GET is answered with a fixed reply', async () => {
      const reply = { status: 200, headers: { 'x-here': 'yes' }, body: 'here' }
      const answer = await ask([presence({ method: 'GET', reply })], { method: 'GET' })
      expect(answer).toMatchObject({ status: 200, body: 'here' })
      expect(answer.header('x-here')).toBe('yes')
    })

    test('a header is given back in a header', async () => {
      const challenge = echo({ header: 'x-question', as: { header: 'x-answer' } })
      const answer = await ask([challenge], { method: 'GET', headers: { 'x-question': 'abc' } })
      expect(answer).toMatchObject({ status: 200, body: '' })
      expect(answer.header('x-answer')).toBe('abc')
    })
  })
}
