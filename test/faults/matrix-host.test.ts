/** Who starts the host, and who reads its log. */
import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { fromGitHub } from '../support/senders.ts'
import { createAgent, PATIENCE_MS, send, type Answered } from './client.ts'
import { percentile } from './idle-connections.ts'
import { testUnless } from './privileged.ts'
import { accepted, createScene, idsOf } from './scene.ts'
import {
  childrenOf,
  noNamespaces,
  startInShell,
  statusOf,
  type ShellReceiver,
} from './shell-receiver.ts'
import { pause, until } from './waiting.ts'

/** As in a container: what comes next is the first process of a namespace, which ends with it. */
const CONTAINER = 'exec unshare --pid --fork --kill-child --mount-proc'

testUnless(
  noNamespaces,
  'F9 as process 1, started in exec form: SIGTERM arrives, and it drains',
  async () => {
    const scene = createScene({ acknowledge: 'processed' })
    const receiver = await startInShell(scene.config, `${CONTAINER} "$@"`)
    expect(statusOf(receiver.pid, 'NSpid')).toMatch(/\s1$/)
    const sending = send(receiver.port, fromGitHub({ id: 'a', body: '{"ms":500}' }))
    await until('it has begun', () => scene.attempts('a').length === 1)
    process.kill(receiver.pid, 'SIGTERM')
    expect(await sending).toSatisfy(accepted)
    expect(await receiver.exit).toEqual({ code: 0, signal: null })
    expect(scene.attempts('a', 'done')).toEqual([1])
  },
)

testUnless(
  noNamespaces,
  'F9 below a shell: SIGTERM does not arrive, and SIGKILL loses nothing',
  async () => {
    const scene = createScene({ acknowledge: 'stored', leaseSeconds: 0.5 })
    // With something to do after it: some shells give their place to the last command.
    const receiver = await startInShell(scene.config, `${CONTAINER} sh -c '"$@"; exit $?' sh "$@"`)
    const [shell] = childrenOf(receiver.shellPid) as [number]
    expect(statusOf(shell, 'NSpid')).toMatch(/\s1$/)
    expect(shell).not.toBe(receiver.pid)
    process.kill(shell, 'SIGTERM')
    const deliver = (id: string) => send(receiver.port, fromGitHub({ id, body: '{"ms":1000}' }))
    for (const id of idsOf('after', 20)) expect(await deliver(id)).toSatisfy(accepted)
    process.kill(shell, 'SIGKILL')
    await receiver.exit
    expect(scene.count(0)).toBeGreaterThan(0)
    await scene.start()
    await until('all are done', () => scene.count(1) === 20)
  },
)

test('F48 a log that nobody reads: acknowledged in time, and all of it is there when somebody does', async () => {
  const { receiver, reader, log } = await startWithReader()
  const answers = await sendSteadily(receiver, 600)
  expect(percentile(answers, 99)).toBeLessThan(PATIENCE_MS)
  process.kill(reader, 'SIGCONT')
  // What was answered, and what was done.
  await until('all lines are read', () => readFileSync(log, 'utf8').split('\n').length > 2 * 600)
  expect(statSync(log).size).toBeGreaterThan(128 * 1024)
})

test('F48 a log whose reader is gone: acknowledged all the same', async () => {
  const { receiver, reader } = await startWithReader()
  process.kill(reader, 'SIGKILL')
  await until('it is gone', () => /^Z|^$/.test(statusOf(reader, 'State')))
  const answers = await sendSteadily(receiver, 100)
  expect(percentile(answers, 99)).toBeLessThan(PATIENCE_MS)
})

/** A receiver that writes a line for every delivery into a pipe, which takes 64 KiB, and a reader that has stopped. */
async function startWithReader() {
  const scene = createScene({ acknowledge: 'stored', options: { unsafeVolatileDisk: true } })
  const log = join(scene.folder, 'log')
  writeFileSync(log, '')
  const env = { K_SERVICE: 'faults', LOG: log }
  const receiver = await startInShell(scene.config, `exec "$@" > >(${READ_ONE_LINE})`, env)
  const [reader] = childrenOf(receiver.pid) as [number]
  await until('the reader has stopped', () => statusOf(reader, 'State').startsWith('T'))
  return { receiver, reader, log }
}

/** Passes on that the receiver is ready, and stops; told to go on, it writes what comes into a file. */
const READ_ONE_LINE = 'read -r line; echo "$line" >&2; kill -STOP $BASHPID; exec cat > "$LOG"'

/** One every 5 ms, whatever becomes of the others. All of them have to be accepted. */
async function sendSteadily({ port }: ShellReceiver, count: number): Promise<readonly Answered[]> {
  const agent = createAgent()
  const sending: Promise<Answered>[] = []
  for (let number = 0; number < count; number++) {
    sending.push(send(port, fromGitHub({ body: '{}' }), agent))
    await pause(5)
  }
  const answers = await Promise.all(sending)
  agent.destroy()
  expect(answers.filter((answer) => !accepted(answer))).toEqual([])
  return answers
}
