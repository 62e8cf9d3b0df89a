/**
 * Kills the receiver with SIGKILL in the middle of its work and starts it again: `npm run survive`. Everything that
 * was acknowledged is worked on to its end all the same.
 */
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sign } from 'webhook-target/testing'
import { findSecret } from './secrets.ts'
import { senders } from './senders.ts'

const DELIVERIES = 5
const folder = mkdtempSync(join(tmpdir(), 'survive-'))
const env = {
  ...process.env,
  PORT: '0',
  WEBHOOK_INBOX_FILE: join(folder, 'inbox.db'),
  WEBHOOK_SECRETS_FILE: process.env['WEBHOOK_SECRETS_FILE'] || join(folder, 'secrets'),
  RECEIVER_WORK_SECONDS: '2',
  RECEIVER_ACKNOWLEDGE: 'stored',
}

/** A receiver whose lines about deliveries are passed on. */
async function start(onLine: (line: string) => void) {
  const args = ['--conditions=@webhook-target/source', join(import.meta.dirname, 'server.ts')]
  const child = spawn(process.execPath, args, { env, stdio: ['ignore', 'pipe', 'inherit'] })
  const url = await new Promise<string>((resolve, reject) => {
    child.on('exit', () => reject(new Error('The receiver ended')))
    let rest = ''
    child.stdout.on('data', (chunk: Buffer) => {
      const lines = (rest + chunk.toString()).split('\n')
      rest = lines.pop()!
      for (const line of lines) {
        const ready = /^ready (\S+)/.exec(line)
        if (ready) resolve(ready[1]!)
        if (line.startsWith('github')) onLine(line)
      }
    })
  })
  return { child, url }
}

async function kill(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  const ended = once(child, 'exit')
  child.kill(signal)
  await ended
}

async function push(url: string): Promise<boolean> {
  const { path, headers, sample, provider, secretName } = senders['github']!
  const secret = findSecret(secretName, env)!
  const message = { url: url + path, headers: headers('push'), body: sample('push') }
  const { ok } = await fetch(await sign(provider(secret), message))
  return ok
}

/** Calls back when as many lines have matched. */
function counter(pattern: RegExp, count: number) {
  let seen = 0
  let reached!: () => void
  const done = new Promise<void>((resolve) => (reached = resolve))
  const note = (line: string) => {
    console.log(`  ${line}`)
    if (pattern.test(line) && ++seen === count) reached()
  }
  return { note, done }
}

const begun = counter(/begins, attempt 1/, DELIVERIES)
const first = await start(begun.note)
console.log(
  `\nSending ${DELIVERIES} pushes, each of which takes ${env.RECEIVER_WORK_SECONDS} seconds of work`,
)
const acknowledged = await Promise.all(Array.from({ length: DELIVERIES }, () => push(first.url)))
await begun.done
await kill(first.child, 'SIGKILL')
console.log(
  `\n${acknowledged.filter(Boolean).length} are acknowledged, none is done: killed with SIGKILL\n`,
)

const done = counter(/pushed \d+ to/, DELIVERIES)
const second = await start(done.note)
console.log('Started again; what was in work is given out again when its lease of 3 seconds ends\n')
await done.done
await kill(second.child, 'SIGTERM')
rmSync(folder, { recursive: true })
console.log(`\nAll ${DELIVERIES} are done`)
