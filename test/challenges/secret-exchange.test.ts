import { secretExchange, type Registration } from 'webhook-target/challenges/secret-exchange'
import { asana } from 'webhook-target/providers/asana'
import { notion } from 'webhook-target/providers/notion'
import { createWebhookHandler, type Provider, type SecretValue } from 'webhook-target'
import { describe, expect, test, vi } from 'vitest'
import { exchange, fetchDoor, type Sent } from '../support/doors.ts'
import { recorder } from '../support/reports.ts'
import { hexHmac } from '../support/senders.ts'
import { ask } from './ask.ts'

const NEW = 'a-secret-that-comes-over-the-wire'
const JSON_TYPE = { 'content-type': 'application/json' }

/** Both senders that bring their secret, with a store as an application has one. */
const SENDERS: readonly {
  readonly name: string
  readonly create: (secret: () => SecretValue | undefined, registration?: Registration) => Provider
  readonly handshake: (secret: string) => Sent
  readonly event: (secret: string) => Sent
}[] = [
  {
    name: 'asana',
    create: (secret, registration) => asana({ secret, ...(registration && { registration }) }),
    handshake: (secret) => ({ body: '{}', headers: { ...JSON_TYPE, 'x-hook-secret': secret } }),
    event: (secret) => {
      const body = '{"events":[{"action":"added"}]}'
      return { body, headers: { ...JSON_TYPE, 'x-hook-signature': hexHmac(body, secret) } }
    },
  },
  {
    name: 'notion',
    create: (secret, registration) => notion({ secret, ...(registration && { registration }) }),
    handshake: (secret) => signedByNotion(JSON.stringify({ verification_token: secret }), secret),
    event: (secret) => signedByNotion('{"id":"e-1","type":"page.created"}', secret),
  },
  {
    name: 'notion, unsigned',
    create: (secret, registration) => notion({ secret, ...(registration && { registration }) }),
    handshake: (secret) => ({
      body: JSON.stringify({ verification_token: secret }),
      headers: JSON_TYPE,
    }),
    event: (secret) => signedByNotion('{"id":"e-1","type":"page.created"}', secret),
  },
]

function signedByNotion(body: string, secret: string): Sent {
  return {
    body,
    headers: { ...JSON_TYPE, 'x-notion-signature': `sha256=${hexHmac(body, secret)}` },
  }
}

describe.each(SENDERS)('$name', ({ create, handshake, event }) => {
  function open({ stored, pending }: { stored?: string; pending: Registration['pending'] }) {
    const store = { secret: stored }
    const save = vi.fn((secret: string) => void (store.secret = secret))
    const effect = vi.fn()
    const { telemetry, reports } = recorder()
    const handler = createWebhookHandler({
      provider: create(() => store.secret, { pending, save }),
      on: { '*': effect },
      telemetry,
    })
    const send = (sent: Sent) => exchange(fetchDoor, handler, sent)
    return { store, save, effect, reports, send }
  }

  test('the secret that is waited for verifies what follows', async () => {
    const { store, effect, send } = open({ pending: true })
    expect((await send(event(NEW))).status).toBe(401)
    expect((await send(handshake(NEW))).status).toBe(200)
    expect(store.secret).toBe(NEW)
    expect((await send(event(NEW))).status).toBe(200)
    expect((await send(event('another'))).status).toBe(401)
    expect(effect).toHaveBeenCalledTimes(1)
  })

  test.each([
    { name: 'that is not waited for', pending: false },
    { name: 'of which a function says so', pending: async () => false },
  ])('a secret $name never takes the place of the stored one', async ({ pending }) => {
    const { store, save, effect, send } = open({ stored: 'ours', pending })
    expect(await send(handshake('theirs'))).toMatchObject({ status: 403, body: '' })
    expect((await send(handshake('theirs'))).header('x-hook-secret')).toBeNull()
    expect(save).not.toHaveBeenCalled()
    expect(store.secret).toBe('ours')
    expect((await send(event('theirs'))).status).toBe(401)
    expect((await send(event('ours'))).status).toBe(200)
    expect(effect).toHaveBeenCalledTimes(1)
  })

  test('the stored secret proves no right to replace it', async () => {
    const { store, send } = open({ stored: 'ours', pending: false })
    const body = '{"verification_token":"theirs"}'
    const headers = {
      ...signedByNotion(body, 'ours').headers,
      'x-hook-signature': hexHmac(body, 'ours'),
    }
    await send({ body, headers: { ...headers, 'x-hook-secret': 'theirs' } })
    expect(store.secret).toBe('ours')
  })

  test('a handshake is taken once', async () => {
    const { store, save, send } = open({ pending: true })
    const answers = await Promise.all([send(handshake('first')), send(handshake('second'))])
    expect(answers.map(({ status }) => status)).toEqual([200, 403])
    expect((await send(handshake('third'))).status).toBe(403)
    expect(save).toHaveBeenCalledTimes(1)
    expect(store.secret).toBe('first')
  })

  test('what can not be stored is not answered, and taken at the next attempt', async () => {
    const { save, reports, send } = open({ pending: true })
    save.mockImplementationOnce(() => {
      throw new Error('disk full')
    })
    const failed = await send(handshake(NEW))
    expect(failed).toMatchObject({ status: 503, body: '' })
    expect(failed.header('x-hook-secret')).toBeNull()
    expect(reports.at(-1)?.error?.code).toBe('ERR_SECRET_UNAVAILABLE')
    expect((await send(handshake(NEW))).status).toBe(200)
  })

  test('the answer waits until the secret is stored', async () => {
    const { save, send } = open({ pending: true })
    const order: string[] = []
    save.mockImplementationOnce((async () => {
      await new Promise(setImmediate)
      order.push('stored')
    }) as never)
    await send(handshake(NEW)).then(() => order.push('answered'))
    expect(order).toEqual(['stored', 'answered'])
  })

  test('whether one is pending may be asked of the request, and fail', async () => {
    const { send } = open({ pending: ({ url }) => url.endsWith('?webhook=7') })
    expect((await send(handshake(NEW))).status).toBe(403)
    expect((await send({ ...handshake(NEW), path: '/?webhook=7' })).status).toBe(200)
    const broken = open({ pending: async () => Promise.reject(new Error('no database')) })
    expect((await broken.send(handshake(NEW))).status).toBe(503)
  })

  test('no report holds the secret', async () => {
    const { reports, send } = open({ pending: true })
    await send(handshake(NEW))
    await send(handshake(NEW))
    expect(reports.map(({ outcome }) => outcome)).toEqual(['challenge', 'rejected'])
    expect(JSON.stringify(reports.map((report) => [report, report.error?.message]))).not.toContain(
      NEW,
    )
  })

  test('without a registration no handshake is taken', async () => {
    const handler = createWebhookHandler({ provider: create(() => 'ours'), on: {}, telemetry: {} })
    const { status } = await exchange(fetchDoor, handler, handshake('theirs'))
    expect(status).toBe(401)
  })
})

test('a long body is no handshake', async () => {
  const save = vi.fn()
  const challenge = secretExchange({ member: 'token', pending: true, save })
  const body = JSON.stringify({ token: NEW, filler: 'x'.repeat(16 * 1024) })
  expect(await ask([challenge], { body })).toMatchObject({ status: 401 })
  expect(save).not.toHaveBeenCalled()
})

test('a long body that is signed is an event, and not parsed for a handshake', async () => {
  const save = vi.fn()
  const effect = vi.fn()
  const handler = createWebhookHandler({
    provider: notion({ secret: 'ours', registration: { pending: true, save } }),
    on: { '*': effect },
  })
  const body = JSON.stringify({ verification_token: NEW, filler: 'x'.repeat(16 * 1024) })
  const { status } = await exchange(fetchDoor, handler, signedByNotion(body, 'ours'))
  expect(status).toBe(200)
  expect(save).not.toHaveBeenCalled()
  expect(effect).toHaveBeenCalledTimes(1)
})

test.each(['', 'a b', 'a\n', '<b>', 'a'.repeat(513), 5, null, ['a']])(
  'the secret %j is refused',
  async (token) => {
    const save = vi.fn()
    const challenge = secretExchange({ member: 'token', pending: true, save })
    expect(await ask([challenge], { body: JSON.stringify({ token }) })).toMatchObject({
      status: 403,
    })
    expect(save).not.toHaveBeenCalled()
  },
)
