/** Senders who keep their connections: too slow to be waited for, or gone without a word. */
import { execFileSync, spawn } from 'node:child_process'
import { expect, onTestFinished, test } from 'vitest'
import { fromGitHub } from '../support/senders.ts'
import { rawRequest } from '../support/wire.ts'
import { PATIENCE_MS, send, type Answered } from './client.ts'
import { HEALTH, oneConnection, openIdle, percentile } from './idle-connections.ts'
import { fakeClock, missing, testUnless } from './privileged.ts'
import { accepted, createScene } from './scene.ts'
import { countFiles, noNamespaces, startInShell } from './shell-receiver.ts'
import { machineNow, pause, until } from './waiting.ts'

const noFakeNetwork = noNamespaces ?? missing('faketime')

test('F37 1000 slow heads and 1000 slow bodies: others are served in time, and the slow ones cut off', async () => {
  const scene = createScene({ acknowledge: 'stored' })
  const receiver = await scene.start()
  const before = countFiles(receiver.pid)
  const whole = rawRequest(fromGitHub({ body: '{"padding":"x"}' }))
  const slow = [
    ...(await openIdle(receiver.port, 1000, whole.slice(0, 60))),
    ...(await openIdle(receiver.port, 1000, whole.slice(0, -10))),
  ]
  const drip = setInterval(() => {
    for (const { socket, ended } of slow) if (!ended && socket.writable) socket.write('x')
  }, 2000)
  onTestFinished(() => clearInterval(drip))
  const agent = oneConnection()
  const answers: Answered[] = []
  const isCut = () => slow.every(({ ended }) => ended)
  // A head has 10 s, which are looked at every second, and a body has 3 s with all that is done with it.
  for (const end = machineNow() + 20_000; !isCut() && machineNow() < end;) {
    const delivery = fromGitHub({ id: `good-${answers.length}`, body: '{}' })
    answers.push(await send(receiver.port, delivery, answers.length % 2 > 0 && agent))
    await pause(20)
  }
  expect(isCut()).toBe(true)
  expect(answers.length).toBeGreaterThan(100)
  expect(answers.filter((answer) => !accepted(answer))).toEqual([])
  expect(percentile(answers, 99)).toBeLessThan(PATIENCE_MS)
  // Though none of the slow ones has hung up.
  await until('it holds no descriptor for them', () => countFiles(receiver.pid) <= before + 2)
  expect(scene.lines().filter(({ id }) => !id.startsWith('good-'))).toEqual([])
})

testUnless(
  noFakeNetwork,
  'F38 senders that vanish without a word: nothing is held for them',
  async () => {
    const scene = createScene({ acknowledge: 'stored' })
    // Its own network, of which the link can be cut, and its own time: idle connections are kept for a minute.
    const { LD_PRELOAD } = fakeClock(scene.folder).env as { readonly LD_PRELOAD: string }
    const receiver = await startInShell(
      scene.config,
      `exec unshare --net bash -c 'ip link set lo up; exec "$@"' bash "$@"`,
      { LD_PRELOAD, FAKETIME: '+0 x10' },
    )
    const port = String(receiver.port)
    const inside = (...command: string[]) => ['-t', String(receiver.pid), '-n', ...command]
    const before = countFiles(receiver.pid)
    const whole = rawRequest(fromGitHub({ body: '{}' }))
    const texts = ['', whole.slice(0, 60), whole.slice(0, -1), whole]
    const sender = spawn('nsenter', inside('bash', '-c', OPEN, 'bash', port, ...texts), {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    onTestFinished(() => void sender.kill('SIGKILL'))
    let said = ''
    sender.stdout.setEncoding('utf8').on('data', (chunk: string) => (said += chunk))
    await until('all are open', () => said.includes('open'))
    execFileSync('nsenter', inside('ip', 'link', 'set', 'lo', 'down'))
    sender.kill('SIGKILL')
    // Only those of idle connections are there for more than a few seconds.
    expect(countFiles(receiver.pid)).toBeGreaterThanOrEqual(before + 10)
    await until('it holds no descriptor', () => countFiles(receiver.pid) <= before)
    execFileSync('nsenter', inside('ip', 'link', 'set', 'lo', 'up'))
    const answer = execFileSync('nsenter', inside('bash', '-c', ASK, 'bash', port, HEALTH))
    expect(answer.toString()).toContain('200 OK')
  },
)

/** Opens ten connections for each text, and sends it on them. */
const OPEN = `
  port=$1; shift
  for text in "$@"; do
    for n in {1..10}; do
      exec {fd}<>/dev/tcp/127.0.0.1/$port
      printf %s "$text" >&$fd
    done
  done
  echo open
  exec sleep 1000`
const ASK = 'exec 3<>/dev/tcp/127.0.0.1/$1; printf %s "$2" >&3; head -n 1 <&3'
