import { createWebhookHandler, drop, retry } from 'webhook-target'
import { github } from 'webhook-target/providers/github'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { hostTelemetry } from '../../../adapters/lib/node-log.ts'
import { recorder } from '../../support/reports.ts'
import { fromGitHub, SECRET } from '../../support/senders.ts'
import { post, start } from '../../support/wire.ts'

afterEach(() => {
  vi.unstubAllEnvs()
  vi.restoreAllMocks()
})

const on = {
  push: () => undefined,
  ping: () => drop('only a ping'),
  create: () => retry({ reason: 'locked' }),
  delete: () => Promise.reject(new Error('database is down')),
}

describe('on Knative', () => {
  test('each delivery is a line of JSON with the labels of the revision', async () => {
    vi.stubEnv('K_SERVICE', 'hooks')
    vi.stubEnv('K_REVISION', 'hooks-00007')
    vi.stubEnv('K_CONFIGURATION', 'hooks')
    const lines: string[] = []
    vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
      lines.push(String(text))
      return true
    })
    const { port } = await start(createWebhookHandler({ provider: github({ secret: SECRET }), on }))
    const sent = [
      fromGitHub({ id: 'a' }),
      fromGitHub({ id: 'a' }),
      fromGitHub({ type: 'ping' }),
      fromGitHub({ type: 'create' }),
      fromGitHub({ type: 'delete' }),
      fromGitHub({ secret: 'another' }),
      fromGitHub({ method: 'PUT' }),
      fromGitHub({ type: 'star', id: 'two\tlines \u0085 of it' }),
    ]
    for (const delivery of sent) await post(port, delivery)
    vi.restoreAllMocks()

    const entries = lines
      .join('')
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Entry)
    expect(
      entries.map(({ severity, webhook }) => [severity, webhook.outcome, webhook.status]),
    ).toEqual([
      ['INFO', 'done', 200],
      ['INFO', 'duplicate', 200],
      ['INFO', 'dropped', 200],
      ['WARNING', 'retry', 503],
      ['ERROR', 'unavailable', 503],
      ['WARNING', 'refused', 401],
      ['WARNING', 'rejected', 405],
      ['INFO', 'ignored', 200],
    ])
    for (const entry of entries) {
      expect(entry['logging.googleapis.com/labels']).toEqual({
        service: 'hooks',
        revision: 'hooks-00007',
        configuration: 'hooks',
      })
      expect(entry.message).toMatch(/^github \w+ \d{3} /)
    }
    expect(entries[0]!.webhook).toMatchObject({ provider: 'github', type: 'push', id: 'a' })
    expect(entries[4]).toMatchObject({ webhook: { code: 'ERR_HANDLER_FAILED' } })
    expect(entries[4]!.stack).toContain('database is down')
    expect(entries[5]).toMatchObject({ webhook: { code: 'ERR_SIGNATURE_MISMATCH' } })
  })

  test('a dead letter is an error, and says which it is', () => {
    vi.stubEnv('K_SERVICE', 'hooks')
    const lines: string[] = []
    vi.spyOn(process.stdout, 'write').mockImplementation((text) => lines.push(String(text)) > 0)
    const report = { provider: 'github', outcome: 'dead', status: 0, durationMs: 1 } as const
    hostTelemetry(process.env).onDelivery!({ ...report, key: 'k', attempt: 12, effect: 'relay' })
    expect(JSON.parse(lines[0]!)).toMatchObject({
      severity: 'ERROR',
      webhook: { outcome: 'dead', key: 'k', attempt: 12, effect: 'relay' },
    })
  })

  interface Entry {
    readonly severity: string
    readonly message: string
    readonly stack?: string
    readonly webhook: { readonly outcome: string; readonly status: number }
    readonly 'logging.googleapis.com/labels': object
  }
})

describe('elsewhere', () => {
  test('problems are lines on the console, good news is none', async () => {
    vi.stubEnv('K_SERVICE', '')
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {})
    const error = vi.spyOn(console, 'error').mockImplementation(() => {})
    const { port } = await start(createWebhookHandler({ provider: github({ secret: SECRET }), on }))
    await post(port, fromGitHub())
    await post(port, fromGitHub({ type: 'ping' }))
    expect([warn.mock.calls, error.mock.calls]).toEqual([[], []])
    await post(port, fromGitHub({ secret: 'another' }))
    expect(warn.mock.calls[0]![0]).toMatch(/^github refused 401 .*ERR_SIGNATURE_MISMATCH/)
    await post(port, fromGitHub({ type: 'delete' }))
    expect(error.mock.calls[0]![0]).toMatch(/^github unavailable 503 .*database is down/)
  })

  test("a handler's own telemetry goes before the host's", async () => {
    vi.stubEnv('K_SERVICE', 'hooks')
    const write = vi.spyOn(process.stdout, 'write')
    const { telemetry, reports } = recorder()
    const { port } = await start(
      createWebhookHandler({ provider: github({ secret: SECRET }), on, telemetry }),
    )
    await post(port, fromGitHub())
    expect(reports).toHaveLength(1)
    expect(write.mock.calls.filter(([text]) => String(text).includes('webhook'))).toEqual([])
  })
})
