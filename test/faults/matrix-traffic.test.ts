/** Senders that hang up, send more than fits, or change their secret; and a reader of the log who is gone. */
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { fromGitHub } from '../support/senders.ts'
import { openRaw, rawRequest } from '../support/wire.ts'
import { send } from './client.ts'
import type { Receiver } from './receiver.ts'
import { accepted, createScene, post, turnedAway } from './scene.ts'
import { until } from './waiting.ts'

const MIB = 1024 ** 2

test('F35 200 MiB of bodies at once: what is in memory stays within bounds', async () => {
  const scene = createScene({ acknowledge: 'stored', maxBodyBytes: 5 * MIB, concurrency: 4 })
  const receiver = await scene.start()
  await post(receiver, 'first')
  const before = residentMiB(receiver)
  const body = JSON.stringify({ padding: 'x'.repeat(4 * MIB) })
  const answers = await Promise.all(
    Array.from({ length: 50 }, (_, index) =>
      send(receiver.port, fromGitHub({ id: `big-${index}`, body })),
    ),
  )
  expect(
    answers.filter((answer) => !accepted(answer) && !turnedAway(answer) && answer.status > 0),
  ).toEqual([])
  expect(answers.filter(accepted).length).toBeGreaterThan(0)
  expect(peakMiB(receiver) - before).toBeLessThan(400)
  expect((await post(receiver, 'last')).status).toBe(200)
  await until('all that was acknowledged is done', () => scene.count(0) === 0)
})

test('F41 a sender that hangs up in the body leaves nothing, and before the answer what it sent', async () => {
  const scene = createScene({ acknowledge: 'stored' })
  const receiver = await scene.start()
  const whole = rawRequest(fromGitHub({ id: 'whole', body: '{"ms":1}' }))
  const half = rawRequest(fromGitHub({ id: 'half', body: '{"ms":1}' })).slice(0, -4)
  for (let round = 0; round < 20; round++) {
    for (const bytes of [half, whole]) {
      const connection = await openRaw(receiver.port)
      connection.socket.on('error', () => {})
      await new Promise((resolve) => connection.socket.write(bytes, resolve))
      connection.socket.resetAndDestroy()
    }
  }
  expect((await post(receiver, 'after')).status).toBe(200)
  await scene.done('after')
  await until('none waits', () => scene.count(0) === 0)
  expect(scene.lines('half')).toEqual([])
  // A reset may overtake what was sent before it.
  expect(scene.attempts('whole', 'done').length).toBeLessThanOrEqual(1)
  expect(receiver.ended).toBeUndefined()
})

test('F45 a secret that is replaced: none is refused while both are good, and the old one is after that', async () => {
  const scene = createScene()
  const phases = [['old'], ['old', 'new'], ['new']] as const
  const seen: Record<string, number>[] = []
  for (const [phase, secrets] of phases.entries()) {
    const receiver = await scene.start({ secrets })
    const statuses = await Promise.all(
      ['old', 'new'].map(async (secret) => {
        const delivery = fromGitHub({ id: `${phase}-${secret}`, secret, body: '{}' })
        return [secret, (await send(receiver.port, delivery)).status] as const
      }),
    )
    seen.push(Object.fromEntries(statuses))
    await receiver.terminate()
  }
  expect(seen).toEqual([
    { old: 200, new: 401 },
    { old: 200, new: 200 },
    { old: 401, new: 200 },
  ])
  expect(scene.lines().filter(({ what }) => what === 'done')).toHaveLength(4)
})

const statusOf = ({ pid }: Receiver, field: string): number =>
  Number(
    new RegExp(`${field}:\\s+(\\d+) kB`).exec(readFileSync(`/proc/${pid}/status`, 'utf8'))![1],
  ) / 1024
const residentMiB = (receiver: Receiver): number => statusOf(receiver, 'VmRSS')
const peakMiB = (receiver: Receiver): number => statusOf(receiver, 'VmHWM')
