/** Google's emulator of Pub/Sub, if its jar is there. It sends no identity tokens and counts no attempts. */
import { spawn } from 'node:child_process'
import { existsSync, globSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { defineProvider, type Provider } from 'webhook-target'
import type { Run } from 'webhook-target/inbox'
import { sharedSecret } from 'webhook-target/schemes/shared-secret'
import { sleep, type Target } from './google-fakes.ts'

const LIB = 'google-cloud-sdk/platform/pubsub-emulator/lib/cloud-pubsub-emulator-*-all.jar'
const ROOTS = ['/usr/lib', '/opt', '/usr/local', '/snap', process.env['HOME'] ?? '/root']

const { JAVA_HOME } = process.env
const JAVA = JAVA_HOME === undefined ? 'java' : `${JAVA_HOME}/bin/java`

/** The path of the jar. */
export function findEmulator(): string | undefined {
  const { PUBSUB_EMULATOR_JAR: named } = process.env
  if (named !== undefined) return existsSync(named) ? named : undefined
  return ROOTS.flatMap((root) => globSync(`${root}/${LIB}`)).at(-1)
}

export interface Emulator extends Target {
  readonly url: string
  readonly provider: Provider
  /** Empty topics, and a subscription. */
  renew(): Promise<void>
  topics(): { readonly topic: string; readonly deadTopic: string }
  /** Numbers the attempts, as the emulator does not. */
  counting(run: Run): Run
  stop(): Promise<void>
}

export async function startEmulator(jar: string): Promise<Emulator> {
  const port = await freePort()
  const java = spawn(JAVA, ['-Xmx256m', '-jar', jar, '--host=127.0.0.1', `--port=${port}`], {
    stdio: 'ignore',
  })
  const url = `http://127.0.0.1:${port}`
  let count = 0
  const name = (kind: string) => `projects/test-project/${kind}-${count}`

  async function call(method: 'PUT' | 'POST', path: string, body: object): Promise<void> {
    const headers = { 'content-type': 'application/json' }
    const request = { method, headers, body: JSON.stringify(body) }
    const { status } = await fetch(`${url}/v1/${path}`, request)
    if (status !== 200) throw new Error(`${method} ${path}: ${status}`)
  }
  for (let tries = 0; !(await isUp(url)); tries++) {
    if (tries > 300 || java.exitCode !== null) throw new Error('The emulator does not start')
    await sleep(100)
  }
  const endpoint = (target: string | undefined) =>
    target === undefined ? {} : { pushEndpoint: `${target}/?token=${SECRET}` }

  return {
    url,
    provider: defineProvider({
      name: 'pubsub-emulator',
      verify: sharedSecret({ query: 'token', secret: SECRET }),
      acknowledge: { deadlineSeconds: 60 },
    }),
    topics: () => ({ topic: name('topics/inbox'), deadTopic: name('topics/dead') }),
    async renew() {
      count++
      await call('PUT', name('topics/inbox'), {})
      await call('PUT', name('topics/dead'), {})
      const topic = name('topics/inbox')
      const subscription = { topic, enableMessageOrdering: true, ackDeadlineSeconds: 60 }
      await call('PUT', name('subscriptions/inbox'), subscription)
    },
    async callTo(target) {
      const path = `${name('subscriptions/inbox')}:modifyPushConfig`
      await call('POST', path, { pushConfig: endpoint(target) })
    },
    counting(run) {
      const attempts = new Map<string, number>()
      return (record, attempt) => {
        const number = (attempts.get(record.key) ?? 0) + 1
        attempts.set(record.key, number)
        return run(record, { ...attempt, number })
      }
    },
    async stop() {
      const ended = new Promise((resolve) => java.once('exit', resolve))
      java.kill()
      await ended
    },
  }
}

const SECRET = 'a-secret-of-the-subscription'

async function isUp(url: string): Promise<boolean> {
  return fetch(url).then(
    () => true,
    () => false,
  )
}

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}
