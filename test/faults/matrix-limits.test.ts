/** As much as the system has: of memory, of connections, of file descriptors. */
import type { Agent } from 'node:http'
import { expect, test } from 'vitest'
import { fromGitHub } from '../support/senders.ts'
import { PATIENCE_MS, send } from './client.ts'
import { HEALTH, maxFiles, oneConnection, openIdle, percentile } from './idle-connections.ts'
import { enterMemoryGroup, noMemoryGroup } from './memory-group.ts'
import { testUnless, titled } from './privileged.ts'
import { accepted, createScene, idsOf, turnedAway } from './scene.ts'
import { countFiles, memoryMiB, startInShell } from './shell-receiver.ts'
import { until } from './waiting.ts'

const MIB = 1024 ** 2
const MAX_CONNECTIONS = 10_000
const fewFiles =
  maxFiles() < MAX_CONNECTIONS + 1000 && !process.env['CI']
    ? 'too few files may be open'
    : undefined

testUnless(
  noMemoryGroup,
  'F36 800 MiB of bodies at once in 256 MiB of memory: it lives',
  async () => {
    const scene = createScene()
    const { store, sink } = scene.config
    // By itself it keeps 8 MiB of bodies here. With 64 it is killed; with 16 it lives, but for seconds does little else
    // than read its own program from the disk again.
    const config = { store, sink, maxBodyBytes: 5 * MIB }
    const receiver = await startInShell(config, `${enterMemoryGroup(256)}; exec "$@"`)
    const body = Buffer.from(JSON.stringify({ padding: 'x'.repeat(4 * MIB) }))
    const big = fromGitHub({ body })
    const answers = await Promise.all(
      idsOf('big', 200).map((id) =>
        send(receiver.port, { body, headers: { ...big.headers, 'x-github-delivery': id } }),
      ),
    )
    // Those that are turned away with their bodies on the way may see no more than the end of the connection.
    expect(
      answers.filter((answer) => !accepted(answer) && !turnedAway(answer) && answer.status > 0),
    ).toEqual([])
    expect(answers.filter(accepted).length).toBeGreaterThan(0)
    await until('it takes what comes next', async () =>
      accepted(await send(receiver.port, fromGitHub({ body: '{}' }))),
    )
    await until('all are done', () => scene.count(0) === 0)
    // An answer may have been too late for who waited.
    expect(scene.count(1)).toBeGreaterThan(answers.filter(accepted).length)
  },
)

test.skipIf(fewFiles)(
  titled(
    'F39 10 000 idle connections: others are served beside them, and more are closed',
    fewFiles,
  ),
  async () => {
    const scene = createScene({ acknowledge: 'stored' })
    const receiver = await scene.start()
    const agent = oneConnection()
    const deliver = (id: string, over: Agent | false = false) =>
      send(receiver.port, fromGitHub({ id, body: '{}' }), over)
    for (const id of idsOf('before', 200)) expect(await deliver(id, agent)).toSatisfy(accepted)
    const before = memoryMiB(receiver.pid, 'VmRSS')
    const idle = await openIdle(receiver.port, MAX_CONNECTIONS - 100, HEALTH)
    await until('all are answered', () => idle.every(({ answered }) => answered))
    const grownKib = (memoryMiB(receiver.pid, 'VmRSS') - before) * 1024
    expect(grownKib / idle.length).toBeLessThan(20)
    const beside = await Promise.all(idsOf('beside', 50).map((id) => deliver(id)))
    expect(beside.filter((answer) => !accepted(answer))).toEqual([])
    expect(percentile(beside, 99)).toBeLessThan(PATIENCE_MS)

    const more = await openIdle(receiver.port, 300, HEALTH)
    await until('each is served or closed', () => more.every((one) => one.answered || one.ended))
    expect(more.filter(({ answered }) => answered).length).toBeLessThanOrEqual(100)
    for (const id of idsOf('over', 50)) expect(await deliver(id, agent)).toSatisfy(accepted)
    expect(idle.filter(({ ended }) => ended)).toEqual([])

    for (const { socket } of [...idle, ...more]) socket.destroy()
    await until('strangers are served again', async () => accepted(await deliver('after')))
    await until('all are done', () => scene.count(0) === 0)
    expect(scene.count(1)).toBe(301)
  },
)

test('F40 out of file descriptors: it serves who is there, and others when some are free again', async () => {
  const scene = createScene({ acknowledge: 'stored' })
  const receiver = await startInShell(scene.config, 'ulimit -n 64; exec "$@"')
  const agent = oneConnection()
  const deliver = (id: string) => send(receiver.port, fromGitHub({ id, body: '{}' }), agent)
  expect(await deliver('before')).toSatisfy(accepted)
  const idle = await openIdle(receiver.port, 200, HEALTH)
  await until('there is no descriptor left', () => countFiles(receiver.pid) >= 63)
  await until('each is served or closed', () => idle.every((one) => one.answered || one.ended))
  expect(idle.filter(({ answered }) => answered).length).toBeLessThan(64)
  for (const id of idsOf('full', 200)) expect(await deliver(id)).toSatisfy(accepted)
  await until('all are done', () => scene.count(0) === 0)

  for (const { socket } of idle) socket.destroy()
  await until('it takes connections again', async () =>
    accepted(await send(receiver.port, fromGitHub({ id: 'after', body: '{}' }))),
  )
  await until('all are done', () => scene.count(0) === 0)
  expect(scene.count(1)).toBe(202)
})
