/** A server under test: a child process of its own, on the first core, that verifies. */
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { connect, createServer, type AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { forge, githubHeaders, pushEvent, rawRequest, SECRET } from './deliveries.ts'
import { pinned } from './pinning.ts'

const START_LIMIT_MS = 15_000
const POLL_MS = 4
const MAX_ERROR_TEXT = 2000

export interface ServerProcess {
  readonly name: string
  readonly pid: number
  readonly port: number
  stop(): Promise<void>
}

/** Starts a compiled server and waits for its first verified answer. */
export async function startServer(file: string): Promise<ServerProcess> {
  const port = await freePort()
  const [command, ...args] = pinned('server', [process.execPath, file])
  const child = spawn(command, args, {
    env: { ...process.env, PORT: String(port), WEBHOOK_SECRET: SECRET, NODE_ENV: 'production' },
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  let errors = ''
  child.stderr.on('data', (chunk: Buffer) => {
    errors = (errors + chunk.toString()).slice(0, MAX_ERROR_TEXT)
  })
  const kill = () => child.kill('SIGKILL')
  process.once('exit', kill)
  const server: ServerProcess = {
    name: file,
    pid: child.pid!,
    port,
    async stop() {
      process.off('exit', kill)
      if (isRunning(child)) {
        kill()
        await once(child, 'exit')
      }
    },
  }
  try {
    await waitForSuccess(server, child)
  } catch (cause) {
    await server.stop()
    throw new Error(`${file}: ${String(cause)}\n${errors}`, { cause })
  }
  return server
}

const isRunning = (child: ChildProcess) => child.exitCode === null && child.signalCode === null

async function waitForSuccess({ port }: ServerProcess, child: ChildProcess): Promise<void> {
  const body = pushEvent(1024)
  const request = rawRequest(port, { ...githubHeaders(body), Connection: 'close' }, body)
  const giveUpAt = performance.now() + START_LIMIT_MS
  for (;;) {
    const status = await statusOf(port, request)
    if (isSuccess(status)) return
    if (status !== 0) throw new Error(`A genuine delivery was answered ${status}`)
    if (!isRunning(child)) throw new Error('It ended before it served')
    if (performance.now() > giveUpAt) throw new Error('It does not serve')
    await sleep(POLL_MS)
  }
}

/** A server that doesn't verify has nothing to be measured: refuses it. */
export async function expectVerification({ name, port }: ServerProcess, body: Buffer) {
  const headers = { ...githubHeaders(body), Connection: 'close' }
  const genuine = await statusOf(port, rawRequest(port, headers, body))
  const forged = await statusOf(port, rawRequest(port, headers, forge(body)))
  if (!isSuccess(genuine)) throw new Error(`${name} answered a genuine delivery ${genuine}`)
  if (forged < 400 || forged > 499) throw new Error(`${name} answered a forged delivery ${forged}`)
}

const isSuccess = (status: number) => status >= 200 && status < 300

/** The status of the answer, 0 if there is none. */
function statusOf(port: number, request: Buffer): Promise<number> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(request))
    socket.on('data', (head) => {
      resolve(Number(head.toString('latin1', 9, 12)))
      socket.destroy()
    })
    socket.on('error', () => resolve(0))
    socket.on('close', () => resolve(0))
  })
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1')
  await once(probe, 'listening')
  const { port } = probe.address() as AddressInfo
  probe.close()
  await once(probe, 'close')
  return port
}
