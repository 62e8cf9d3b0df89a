import { createWebhookHandler, mount } from 'webhook-target'
import { serve } from 'webhook-target/adapters/node'
import { github } from 'webhook-target/providers/github'
import { silent } from '../../support/reports.ts'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { fromGitHub, SECRET } from '../../support/senders.ts'
import { post, start } from '../../support/wire.ts'

const handler = createWebhookHandler({
  provider: github({ secret: SECRET }),
  on: {},
  telemetry: silent,
})

afterEach(() => vi.unstubAllEnvs())

/** A port that was free a moment ago. */
async function freePort(): Promise<number> {
  const server = await serve(handler, { port: 0, signals: false })
  await server.close()
  return server.port
}

describe('start-up', () => {
  test('tells the port it got and where it can be reached', async () => {
    const server = await start(handler)
    expect(server.port).toBeGreaterThan(0)
    expect(server.url).toBe(`http://localhost:${server.port}`)
    expect((await fetch(`${server.url}/health`)).status).toBe(200)
    expect((await post(server.port, fromGitHub())).status).toBe(200)
  })

  test('takes the port of the environment, and every interface', async () => {
    const port = await freePort()
    vi.stubEnv('PORT', String(port))
    const server = await serve(handler, { signals: false })
    expect(server.port).toBe(port)
    // A second one on all interfaces collides only if the first is there, too.
    await expect(serve(handler, { port, host: '0.0.0.0', signals: false })).rejects.toMatchObject({
      code: 'EADDRINUSE',
    })
    await server.close()
  })

  test('the option goes before the environment', async () => {
    vi.stubEnv('PORT', '1')
    expect((await start(handler, { port: 0 })).port).toBeGreaterThan(1)
  })

  test.each(['http', '-1', '80 ', '123456', '0x50'])('refuses PORT=%s', async (port) => {
    vi.stubEnv('PORT', port)
    await expect(serve(handler, { signals: false })).rejects.toMatchObject({
      code: 'ERR_OPTION_INVALID',
    })
  })

  test('listens on 8080 where nothing says otherwise', async () => {
    vi.stubEnv('PORT', '')
    // The port may be taken by something else on the machine: the attempt names it all the same.
    const outcome = await serve(handler, { signals: false, host: '127.0.0.1' }).then(
      async (server) => {
        await server.close()
        return server.port
      },
      (error: { port?: number }) => error.port,
    )
    expect(outcome).toBe(8080)
  })

  test('rejects with EADDRINUSE if the port is taken', async () => {
    const { port } = await start(handler)
    await expect(serve(handler, { port, host: '127.0.0.1', signals: false })).rejects.toMatchObject(
      { code: 'EADDRINUSE' },
    )
  })

  test.each([['nonsense'], ['10.0.0.0/x'], ['example.com'], ['']])(
    'refuses %j in trustedProxies',
    async (entry) => {
      await expect(
        serve(handler, { port: 0, signals: false, trustedProxies: [entry] }),
      ).rejects.toMatchObject({ code: 'ERR_OPTION_INVALID' })
    },
  )
})

describe('health path', () => {
  test('is answered before anything is verified', async () => {
    const { port } = await start(handler)
    expect(await post(port, { method: 'GET', path: '/health' })).toMatchObject({
      status: 200,
      body: 'ok',
    })
    expect(await post(port, { method: 'HEAD', path: '/health' })).toMatchObject({
      status: 200,
      body: '',
    })
    expect(await post(port, { path: '/health/more' })).toMatchObject({ status: 401 })
  })

  test.each(['POST', 'PUT', 'DELETE', 'OPTIONS'])(
    'takes no %s, which would be lost there, and says so',
    async (method) => {
      const warn = vi.spyOn(console, 'warn').mockImplementation(() => {})
      const { port } = await start(handler)
      const sent = fromGitHub({ method, path: '/health' })
      expect(await post(port, sent)).toMatchObject({ status: 404, body: '' })
      expect(warn.mock.calls.flat().join()).toMatch(/404 .*ERR_PATH_UNKNOWN.*health/)
      warn.mockRestore()
    },
  )

  test.each([
    ['its default', mount({ '/github': handler, '/health': handler }), {}],
    ['where it was put', mount({ '/github': handler }), { healthPath: '/github' }],
    ['inside another mount', mount({ '/:x': mount({ '/health': handler }) }), {}],
  ])('is not where a handler is mounted: %s', async (_, mounted, options) => {
    await expect(start(mounted, options)).rejects.toMatchObject({
      name: 'TypeError',
      code: 'ERR_OPTION_INVALID',
    })
  })

  test('may be a value of a parameter, and anything if it is switched off', async () => {
    const tenants = await start(mount({ '/:tenant': handler }))
    expect((await post(tenants.port, fromGitHub({ path: '/acme' }))).status).toBe(200)
    expect((await post(tenants.port, { method: 'GET', path: '/health' })).status).toBe(200)
    const mounted = await start(mount({ '/health': handler }), { healthPath: false })
    expect((await post(mounted.port, fromGitHub({ path: '/health' }))).status).toBe(200)
  })

  test('can be elsewhere, or nowhere', async () => {
    const elsewhere = await start(handler, { healthPath: '/ready' })
    expect((await post(elsewhere.port, { method: 'GET', path: '/ready' })).status).toBe(200)
    expect((await post(elsewhere.port, { method: 'GET', path: '/health' })).status).toBe(405)
    const nowhere = await start(handler, { healthPath: false })
    expect((await post(nowhere.port, { method: 'GET', path: '/health' })).status).toBe(405)
  })
})
