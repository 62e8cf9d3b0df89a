/**
 * The application's test with msw 3: a `fetch` to its public URL reaches the handler without a socket, and
 * what the handler calls is answered here too.
 */
import { http, HttpResponse } from 'msw'
import { setupServer } from 'msw/node'
import { github } from 'webhook-target/providers/github'
import { sign, type Message } from 'webhook-target/testing'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest'

vi.stubEnv('GITHUB_WEBHOOK_SECRET', 'of-the-test')
const { handler } = await import('./app.ts')
const sender = github({ secret: 'of-the-test' })

const deployed: unknown[] = []
const server = setupServer(
  http.all('https://hooks.example.com/*', ({ request }) => handler(request)),
  http.post('https://deploy.example.com/deployments', async ({ request }) => {
    deployed.push(await request.json())
    return HttpResponse.json({ id: 1 }, { status: 201 })
  }),
)

// msw 3 ignores the `onUnhandledRequest` of msw 2 without a word.
beforeAll(() => server.listen({ onUnhandledFrame: 'error' }))
// What is refused or fails here is meant to.
beforeEach(() => {
  vi.spyOn(console, 'warn').mockReturnValue()
  vi.spyOn(console, 'error').mockReturnValue()
})
afterEach(() => {
  server.resetHandlers()
  deployed.length = 0
  vi.restoreAllMocks()
})
afterAll(() => server.close())

let deliveries = 0
const push = (ref: string): Message => ({
  url: 'https://hooks.example.com/github',
  headers: { 'x-github-event': 'push', 'x-github-delivery': `delivery-${++deliveries}` },
  body: { ref, after: '6113728' },
})

test('a push to main is deployed', async () => {
  const response = await fetch(await sign(sender, push('refs/heads/main')))
  expect(response.status).toBe(200)
  expect(deployed).toEqual([{ commit: '6113728' }])
})

test('a push to another branch is not', async () => {
  const response = await fetch(await sign(sender, push('refs/heads/docs')))
  expect(response.status).toBe(200)
  expect(deployed).toEqual([])
})

test('a delivery that comes twice is deployed once', async () => {
  const request = await sign(sender, push('refs/heads/main'))
  const responses = await Promise.all([fetch(request.clone()), fetch(request.clone())])
  expect(responses.map(({ status }) => status)).toEqual([200, 200])
  expect(deployed).toHaveLength(1)
})

test('a forged push is refused', async () => {
  const forger = github({ secret: 'guessed' })
  const response = await fetch(await sign(forger, push('refs/heads/main')))
  expect(response.status).toBe(401)
  expect(deployed).toEqual([])
})

test('while the deployment service is down, the sender is asked to come again', async () => {
  server.use(
    http.post(
      'https://deploy.example.com/deployments',
      () => new HttpResponse(null, { status: 503 }),
    ),
  )
  const request = await sign(sender, push('refs/heads/main'))
  const response = await fetch(request.clone())
  expect(response.status).toBe(503)
  expect(response.headers.get('retry-after')).toBe('30')

  server.resetHandlers()
  expect((await fetch(request)).status).toBe(200)
  expect(deployed).toEqual([{ commit: '6113728' }])
})
