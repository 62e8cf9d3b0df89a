import { createServer } from 'node:http'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { AddressInfo } from 'node:net'
import { github } from 'webhook-target/providers/github'
import { sign } from 'webhook-target/testing'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { run } from './child.ts'
import { createServiceChecker } from './knative-schema.ts'

const read = (path: string) => readFileSync(join(import.meta.dirname, '../..', path), 'utf8')
const text = read('examples/knative/service.yaml')
const problemsOf = createServiceChecker(parse(read('test/fixtures/knative/service-crd.yaml')))

describe('service.yaml', () => {
  test('is what Knative accepts', () => {
    expect(problemsOf(parse(text))).toEqual([])
  })

  test.each([
    [
      'a misspelt field',
      'timeoutSeconds:',
      'timeoutSecond:',
      /additional properties timeoutSecond/,
    ],
    ['a misspelt reference', 'secretKeyRef:', 'secretRef:', /additional properties secretRef/],
    ['a misspelt probe', 'httpGet:', 'httpget:', /additional properties httpget/],
    ['a wrong type', "value: '60'", 'value: 60', /must be string/],
    ['too long a timeout', 'timeoutSeconds: 60', 'timeoutSeconds: 601', /over 600/],
    ['too much at a time', 'containerConcurrency: 80', 'containerConcurrency: 1001', /over 1000/],
    ['a port of the platform', 'containerPort: 8080', 'containerPort: 8012', /queue-proxy/],
    ['a port name of ours', 'name: http1', 'name: web', /http1 or h2c/],
    ['a variable of the platform', 'name: DEPLOY_URL', 'name: PORT', /sets PORT/],
  ])('%s is found', (_name, right, wrong, problem) => {
    expect(text).toContain(right)
    expect(problemsOf(parse(text.replace(right, wrong))).join('\n')).toMatch(problem)
  })

  test('tells the SDK the timeout it sets', () => {
    const { timeoutSeconds, containers } = parse(text).spec.template.spec
    expect(containers[0].env).toContainEqual({
      name: 'WEBHOOK_PLATFORM_TIMEOUT_SECONDS',
      value: String(timeoutSeconds),
    })
  })
})

describe('Dockerfile', () => {
  const lines = read('examples/knative/Dockerfile').split('\n')
  const instruction = (name: string) =>
    lines.filter((line) => line.startsWith(`${name} `)).map((line) => line.slice(name.length + 1))

  test('starts node in exec form, so that SIGTERM reaches it', () => {
    expect(JSON.parse(instruction('CMD')[0] ?? '')).toEqual(['node', 'server.ts'])
    expect(instruction('ENTRYPOINT')).toEqual([])
  })

  test('is pinned, without development dependencies, and not root', () => {
    expect(instruction('FROM')).toEqual([expect.stringMatching(/^node:24\.\d+\.\d+-slim$/)])
    expect(instruction('RUN').join('\n')).toMatch(/^npm ci --omit=dev/)
    expect(instruction('USER')).toEqual(['node'])
  })
})

test('server.ts deploys a push to main, and stops on SIGTERM', { timeout: 30_000 }, async () => {
  const calls: { key: unknown; body: string }[] = []
  const deployments = createServer((request, response) => {
    request.on('data', (chunk: Buffer) => {
      calls.push({ key: request.headers['idempotency-key'], body: chunk.toString() })
      response.end()
    })
  }).listen(0, '127.0.0.1')
  await once(deployments, 'listening')

  const secret = 'at-the-service'
  const { port } = deployments.address() as AddressInfo
  const server = run('examples/knative/server.ts', {
    env: { PORT: '0', GITHUB_WEBHOOK_SECRET: secret, DEPLOY_URL: `http://127.0.0.1:${port}/` },
  })
  const [, url] = await server.printed(/^ready (\S+)$/m)

  const deliver = async (id: string, ref: string) => {
    const request = await sign(github({ secret }), {
      url: url!,
      headers: { 'x-github-event': 'push', 'x-github-delivery': id },
      body: { ref, after: 'c0ffee' },
    })
    return (await fetch(request)).status
  }
  expect(await deliver('1', 'refs/heads/main')).toBe(200)
  expect(await deliver('2', 'refs/heads/other')).toBe(200)
  expect(calls).toEqual([{ key: 'github::1', body: '{"commit":"c0ffee"}' }])
  expect((await fetch(`${url}/health`)).status).toBe(200)

  server.kill('SIGTERM')
  expect(await server.exit).toBe(0)
  deployments.close()
})
