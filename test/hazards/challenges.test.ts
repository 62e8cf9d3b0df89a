import { createWebhookHandler, type Challenge, type Provider } from 'webhook-target'
import { cloudevents } from 'webhook-target/challenges/cloudevents'
import { echo } from 'webhook-target/challenges/echo'
import { hub } from 'webhook-target/challenges/hub'
import { github } from 'webhook-target/providers/github'
import { meta } from 'webhook-target/providers/meta'
import { slack } from 'webhook-target/providers/slack'
import { x } from 'webhook-target/providers/x'
import { zoom } from 'webhook-target/providers/zoom'
import * as fc from 'fast-check'
import { describe, expect, test, vi } from 'vitest'
import { anyText } from '../support/any-text.ts'
import { exchange, fetchDoor, partsDoor, type Sent } from '../support/doors.ts'
import { silent } from '../support/reports.ts'
import { acme, fromAcme, fromGitHub, hexHmac, SECRET, untyped } from '../support/senders.ts'

function open(provider: Provider) {
  const effect = vi.fn()
  const handler = createWebhookHandler({ provider, on: { '*': effect }, telemetry: silent })
  return { effect, send: (sent: Sent) => exchange(partsDoor, handler, sent) }
}

const challenged = (...challenges: readonly Challenge[]) => open(acme({ challenges }))
const JSON_TYPE = { 'content-type': 'application/json' }

/** What each kind of question does with a token of the asker's choice. */
const ECHOES: readonly [
  name: string,
  ask: (token: string) => ReturnType<ReturnType<typeof open>['send']>,
][] = [
  [
    'echo of the body',
    (token) =>
      challenged(echo({ member: 'challenge' })).send(
        fromAcme({ body: JSON.stringify({ challenge: token }) }),
      ),
  ],
  [
    'echo of the query',
    (token) =>
      challenged(echo({ query: 'challenge' })).send({
        method: 'GET',
        path: `/?challenge=${encodeURIComponent(token)}`,
      }),
  ],
  [
    'echo as JSON',
    (token) =>
      challenged(echo({ query: 'challenge', as: { member: 'challenge' } })).send({
        method: 'GET',
        path: `/?challenge=${encodeURIComponent(token)}`,
      }),
  ],
  [
    'hub',
    (token) =>
      challenged(hub({ verifyToken: 'token' })).send({
        method: 'GET',
        path: `/?hub.mode=subscribe&hub.verify_token=token&hub.challenge=${encodeURIComponent(token)}`,
      }),
  ],
  [
    'meta',
    (token) =>
      open(untyped(meta({ secret: SECRET, verifyToken: 'token' }))).send({
        method: 'GET',
        path: `/?hub.mode=subscribe&hub.verify_token=token&hub.challenge=${encodeURIComponent(token)}`,
      }),
  ],
  [
    'crc of x',
    (token) =>
      open(x({ secret: SECRET })).send({
        method: 'GET',
        path: `/?crc_token=${encodeURIComponent(token)}`,
      }),
  ],
]

describe('reflection', () => {
  test.each(ECHOES)(
    'H24 %s: what comes back is bounded text that no browser runs',
    async (_, ask) => {
      await fc.assert(
        fc.asyncProperty(
          fc.oneof(
            anyText({ maxLength: 40 }),
            fc.stringMatching(/^[\w.~+/=-]{1,40}$/),
            fc.constantFrom(
              '<script>alert(1)</script>',
              '"><img src=x>',
              "');alert(1)//",
              '{"a":1}',
              'a b',
              'a\r\nset-cookie: a=b',
              '%3Cb%3E',
              '\u202e',
            ),
          ),
          async (token) => {
            const answer = await ask(token)
            const { status, body } = answer
            const header = (name: string) => answer.header(name)
            if (status !== 200) {
              expect(body).toBe('')
              return
            }
            expect(token).toMatch(/^[\w.~+/=-]{1,512}$/)
            expect(header('x-content-type-options')).toBe('nosniff')
            expect(header('content-type')).toMatch(
              /^(text\/plain; charset=utf-8|application\/json)$/,
            )
            if (header('content-type')?.startsWith('text/')) {
              expect(body).toBe(token)
              expect(header('content-security-policy')).toContain("default-src 'none'")
            }
          },
        ),
        { numRuns: 60 },
      )
      expect((await ask('Abc-123._~+/=')).status).toBe(200)
    },
  )

  test.each(ECHOES)('H24 %s: a huge challenge is refused', async (_, ask) => {
    expect((await ask('a'.repeat(512))).status).toBe(200)
    expect(await ask('a'.repeat(513))).toMatchObject({ status: 403, body: '' })
    expect(await ask('a'.repeat(300_000))).toMatchObject({ status: 403, body: '' })
  })

  test.each([
    ['a wrong one', 'hub.verify_token=wrong'],
    ['none', 'hub.x=1'],
    ['an empty one', 'hub.verify_token='],
    ['its beginning', 'hub.verify_token=tok'],
    ['another case', 'hub.verify_token=TOKEN'],
  ])('H24 a challenge is given back for the right token only, not for %s', async (_, query) => {
    const answer = await challenged(hub({ verifyToken: 'token' })).send({
      method: 'GET',
      path: `/?hub.mode=subscribe&hub.challenge=123&${query}`,
    })
    expect(answer).toMatchObject({ status: 403, body: '' })
  })
})

describe('signing oracles', () => {
  test('H25 what X has us sign can never be sent back as an event', async () => {
    const { effect, send } = open(x({ secret: SECRET }))
    const token = fc.oneof(
      fc.stringMatching(/^[\w.~+/=-]{1,60}$/),
      fc.json(),
      fc.constantFrom('{"for_user_id":"1","tweet_create_events":[]}', '[]', '{}', '123', '""', ''),
    )
    await fc.assert(
      fc.asyncProperty(token, async (asked) => {
        const answer = await send({
          method: 'GET',
          path: `/?crc_token=${encodeURIComponent(asked)}`,
        })
        if (answer.status !== 200) return
        const { response_token: signature } = JSON.parse(answer.body) as { response_token: string }
        for (const type of [
          'application/json',
          'text/plain',
          'application/x-www-form-urlencoded',
        ]) {
          const headers = { 'content-type': type, 'x-twitter-webhooks-signature': signature }
          expect((await send({ body: asked, headers })).status).not.toBe(200)
        }
      }),
    )
    expect(effect).not.toHaveBeenCalled()
  })

  test('H25 Zoom is answered only when its question is signed, and never signs an event', async () => {
    const now = Math.floor(Date.now() / 1000)
    const { effect, send } = open(zoom({ secret: SECRET }))
    const ask = (plainToken: unknown, signature?: string) => {
      const body = JSON.stringify({ event: 'endpoint.url_validation', payload: { plainToken } })
      const headers = {
        ...JSON_TYPE,
        'x-zm-request-timestamp': String(now),
        'x-zm-signature': signature ?? `v0=${hexHmac(`v0:${now}:${body}`)}`,
      }
      return send({ body, headers })
    }
    expect(JSON.parse((await ask('qgg8vlvZRS6UYooatFL8Aw')).body)).toEqual({
      plainToken: 'qgg8vlvZRS6UYooatFL8Aw',
      encryptedToken: hexHmac('qgg8vlvZRS6UYooatFL8Aw'),
    })
    expect((await ask('qgg8vlvZRS6UYooatFL8Aw', `v0=${'0'.repeat(64)}`)).status).toBe(401)
    // The signed content of an event of the attacker's choice.
    for (const token of [
      `v0:${now}:{"event":"meeting.deleted"}`,
      `v0:${now}:`,
      'v0:1:x',
      '{}',
      '',
      ['a'],
      { a: 1 },
    ]) {
      expect(await ask(token)).toMatchObject({ status: 403, body: '' })
    }
    expect(effect).not.toHaveBeenCalled()
  })

  test('H25 the answer to a question is no signature of the question', async () => {
    const now = Math.floor(Date.now() / 1000)
    const { effect, send } = open(zoom({ secret: SECRET }))
    await fc.assert(
      fc.asyncProperty(fc.stringMatching(/^[\w.~+/=-]{1,40}$/), async (token) => {
        const headers = {
          ...JSON_TYPE,
          'x-zm-request-timestamp': String(now),
          'x-zm-signature': `v0=${hexHmac(token)}`,
        }
        for (const body of [token, JSON.stringify({ event: 'x', payload: token })]) {
          expect((await send({ body, headers })).status).toBe(401)
        }
      }),
    )
    expect(effect).not.toHaveBeenCalled()
  })
})

describe('unsigned questions of senders that sign', () => {
  test.each([
    ['slack', slack({ secret: SECRET }), '{"type":"url_verification","challenge":"abc"}'],
    [
      'zoom',
      zoom({ secret: SECRET }),
      '{"event":"endpoint.url_validation","payload":{"plainToken":"abc"}}',
    ],
    ['echo', acme({ challenges: [echo({ member: 'challenge' })] }), '{"challenge":"abc"}'],
  ] as const)('H26 %s is not answered', async (_, provider, body) => {
    const { effect, send } = open(provider)
    const answer = await send({ body, headers: JSON_TYPE })
    expect(answer).toMatchObject({ status: 401, body: '' })
    expect(effect).not.toHaveBeenCalled()
  })

  test('H26 a question of one sender is none of another', async () => {
    const { send } = open(untyped(github({ secret: SECRET })))
    const body = '{"type":"url_verification","challenge":"abc"}'
    expect((await send({ body, headers: JSON_TYPE })).status).toBe(401)
    expect(
      (await send({ method: 'GET', path: '/?crc_token=a&hub.mode=subscribe&hub.challenge=a' }))
        .status,
    ).toBe(405)
  })
})

describe('methods', () => {
  test.each(['GET', 'HEAD', 'DELETE', 'PUT', 'PATCH', 'OPTIONS', 'TRACE', 'post', 'Post', ''])(
    'H43 a genuine delivery by %s does nothing',
    async (method) => {
      const { effect, send } = open(untyped(github({ secret: SECRET })))
      const answer = await send(fromGitHub({ method }))
      expect(answer.status).toBe(405)
      expect(answer.header('allow')).toBe('POST')
      expect(effect).not.toHaveBeenCalled()
    },
  )

  test.each(['x-http-method-override', 'x-http-method', 'x-method-override'])(
    'H43 %s turns no GET into a POST, and no POST into a GET',
    async (name) => {
      const { effect, send } = open(untyped(github({ secret: SECRET })))
      const get = fromGitHub({ method: 'GET', path: '/?_method=POST', headers: { [name]: 'POST' } })
      expect((await send(get)).status).toBe(405)
      expect(effect).not.toHaveBeenCalled()
      expect((await send(fromGitHub({ headers: { [name]: 'GET' } }))).status).toBe(200)
      expect(effect).toHaveBeenCalledTimes(1)
    },
  )

  test('H43 a GET for questions works on no event, signed or not', async () => {
    const { effect, send } = open(acme({ challenges: [echo({ query: 'challenge' })] }))
    expect((await send(fromAcme({ method: 'GET' }))).status).toBe(400)
    expect((await send(fromAcme({ method: 'GET', path: '/?challenge=abc' }))).body).toBe('abc')
    expect(effect).not.toHaveBeenCalled()
  })
})

describe('CloudEvents', () => {
  test('H45 a callback that a sender names is never called', async () => {
    const call = vi.spyOn(globalThis, 'fetch').mockRejectedValue(new Error('must not be called'))
    const handler = createWebhookHandler({
      provider: acme({ challenges: [cloudevents({ allowedOrigins: ['events.example.com'] })] }),
      on: {},
      telemetry: silent,
    })
    const ask = (origin: string) =>
      exchange(fetchDoor, handler, {
        method: 'OPTIONS',
        headers: {
          'webhook-request-origin': origin,
          'webhook-request-callback': 'http://169.254.169.254/latest/meta-data',
          'webhook-request-rate': '120',
        },
      })
    const allowed = await ask('events.example.com')
    expect(allowed).toMatchObject({ status: 200, body: '' })
    expect(allowed.header('webhook-allowed-origin')).toBe('events.example.com')
    for (const origin of ['evil.example.com', 'events.example.com.evil.com', '*', 'a\u00e4', '']) {
      const refused = await ask(origin)
      expect(refused.status, origin).toBe(403)
      expect(refused.header('webhook-allowed-origin')).toBeNull()
    }
    await new Promise((resolve) => setTimeout(resolve, 10))
    expect(call).not.toHaveBeenCalled()
    call.mockRestore()
  })
})
