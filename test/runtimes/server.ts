import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createServer, type AddressInfo } from 'node:net'
import { project } from './project.ts'
import { environment, type Runtime } from './runtimes.ts'
import { deliver } from './sender.ts'

const START_SECONDS = 20

export interface Server {
  readonly base: string
  readonly output: () => string
  stop(): Promise<void>
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

/** Starts what listens to a free port, and waits until it answers. */
export async function start(command: Runtime['command']): Promise<Server> {
  const port = await freePort()
  const [executable, ...args] = command(port)
  const child = spawn(executable, args, {
    cwd: project,
    env: environment(port),
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => (output += text))
  }
  const base = `http://127.0.0.1:${port}`
  const server: Server = { base, output: () => output, stop: () => stop(child) }
  const began = Date.now()
  while (!(await answers(base))) {
    if (child.exitCode !== null || Date.now() - began > START_SECONDS * 1000) {
      await server.stop()
      throw new Error(`It did not start:\n${output}`)
    }
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  return server
}

async function answers(base: string): Promise<boolean> {
  return deliver(base, { method: 'GET', path: '/' }).then(
    () => true,
    () => false,
  )
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exited = once(child, 'exit')
  child.kill('SIGTERM')
  const insist = setTimeout(() => child.kill('SIGKILL'), 5000)
  await exited
  clearTimeout(insist)
}
