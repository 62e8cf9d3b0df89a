import { once } from 'node:events'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest'
import { closed, sendExact } from '../support/exact-http.ts'
import { fromGitHub, SECRET } from '../support/senders.ts'

const PUSH = JSON.stringify({
  ref: 'refs/heads/main',
  repository: { full_name: 'octo-org/octo-repo' },
})

beforeAll(() => {
  vi.stubEnv('PORT', '0')
  vi.stubEnv('GITHUB_WEBHOOK_SECRET', SECRET)
})
afterAll(() => vi.unstubAllEnvs())

describe.each<[string, () => Promise<{ server: Server }>]>([
  ['node-http.ts', () => import('../../examples/node-http.ts')],
  ['express.ts', () => import('../../examples/express.ts')],
  ['fastify.ts', () => import('../../examples/fastify.ts')],
  ['koa.ts', () => import('../../examples/koa.ts')],
])('examples/%s', (_, load) => {
  test('takes what GitHub signed, beside the rest of the application', async () => {
    const log = vi.spyOn(console, 'log').mockReturnValue()
    vi.spyOn(console, 'warn').mockReturnValue()
    const { server } = await load()
    onTestFinished(() => closed(server))
    if (!server.listening) await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    const statusOf = async (sent: Parameters<typeof sendExact>[1]) =>
      (await sendExact(port, sent)).status

    const path = '/webhooks/github'
    expect(await statusOf({ ...fromGitHub({ body: PUSH }), path })).toBe(200)
    expect(log.mock.lastCall).toEqual(['octo-org/octo-repo was pushed to', 'refs/heads/main'])
    expect(await statusOf({ ...fromGitHub({ secret: 'another' }), path })).toBe(401)
    expect(await statusOf({ ...fromGitHub(), path: '/webhooks/unknown' })).toBe(404)

    const headers = { 'content-type': 'application/json' }
    expect(await statusOf({ path: '/echo', body: '{"a":1}', headers })).toBe(200)
  })
})
