import { createWebhookHandler, mount, type WebhookHandler } from 'webhook-target'
import { serve } from 'webhook-target/adapters/node'
import { toCloudFunction } from 'webhook-target/adapters/cloud-functions'
import { memory } from 'webhook-target/engines/memory'
import type { EngineInbox } from 'webhook-target/inbox'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { deferred, patched } from '../../support/inboxes.ts'
import { silent } from '../../support/reports.ts'
import { acme, fromAcme } from '../../support/senders.ts'
import { post } from '../../support/wire.ts'

const OPTIONS = { port: 0, host: '127.0.0.1', signals: false }

function handlerOf(
  inbox: EngineInbox,
  made: () => void | Promise<void> = () => {},
): WebhookHandler {
  return createWebhookHandler({
    provider: acme(),
    inbox,
    telemetry: silent,
    on: { made: made },
  })
}

describe('the inbox of a served handler', () => {
  test('is worked on', async () => {
    const effect = vi.fn()
    const server = await serve(handlerOf(memory(), effect), OPTIONS)
    expect((await post(server.port, fromAcme())).status).toBe(200)
    expect(effect).toHaveBeenCalledTimes(1)
    await server.close()
  })

  test('is only filled with work: false', async () => {
    const effect = vi.fn()
    const inbox = memory()
    const server = await serve(handlerOf(inbox, effect), { ...OPTIONS, work: false })
    expect((await post(server.port, fromAcme())).status).toBe(200)
    expect(effect).not.toHaveBeenCalled()
    await inbox.work()
    await vi.waitFor(() => expect(effect).toHaveBeenCalledTimes(1))
    await server.close()
  })

  test('is closed when everything has its answer, and not before', async () => {
    const order: string[] = []
    const began = deferred()
    const finish = deferred()
    const inbox = memory()
    const close = inbox.engine.close.bind(inbox.engine)
    patched(inbox, {
      async close() {
        order.push('closed')
        await close()
      },
    })
    const server = await serve(
      handlerOf(inbox, async () => {
        began.resolve()
        await finish.promise
        order.push('done')
      }),
      OPTIONS,
    )
    const answer = post(server.port, fromAcme())
    await began.promise
    const closing = server.close()
    finish.resolve()
    // By its outcome, which would have been cut off.
    expect((await answer).status).toBe(200)
    await closing
    expect(order).toEqual(['done', 'closed'])
  })

  test('that can not be opened keeps the server from starting, and the others from working on', async () => {
    const [good, bad] = [memory(), memory()]
    patched(bad, { open: () => Promise.reject(new Error('no such folder')) })
    const stop = vi.spyOn(good, 'stop')
    const handlers = mount({ '/a': handlerOf(good), '/b': handlerOf(bad) })
    await expect(serve(handlers, OPTIONS)).rejects.toThrow('no such folder')
    expect(stop).toHaveBeenCalled()
  })

  test('takes no place while its work takes long', async () => {
    const began = deferred()
    const finish = deferred()
    const handler = handlerOf(memory(), () => {
      began.resolve()
      return finish.promise
    })
    const server = await serve(handler, { ...OPTIONS, concurrency: 1, maxWaiting: 0 })
    const first = post(server.port, fromAcme())
    await began.promise
    expect((await post(server.port, fromAcme({ body: '{"type":"other"}' }))).status).toBe(200)
    finish.resolve()
    expect((await first).status).toBe(200)
    await server.close()
  })
})

describe('where a process may be frozen', () => {
  const freeze = () => {
    vi.stubEnv('K_SERVICE', 'service')
    onTestFinished(() => void vi.unstubAllEnvs())
  }

  test('an inbox that pulls needs a word', async () => {
    freeze()
    const invalid = expect.objectContaining({ code: 'ERR_OPTION_INVALID' })
    await expect(serve(handlerOf(memory()), OPTIONS)).rejects.toThrow(invalid)
    for (const work of [true, false]) {
      const server = await serve(handlerOf(memory()), { ...OPTIONS, work })
      await server.close()
    }
  })

  test('a function takes none that pulls', () => {
    expect(() => toCloudFunction(handlerOf(memory()))).toThrow(
      expect.objectContaining({ code: 'ERR_OPTION_INVALID' }),
    )
  })
})
