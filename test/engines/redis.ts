import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Redis } from 'ioredis'

export interface RedisServer {
  readonly port: number
  /** On the same port, with what the last one left. */
  start(): Promise<void>
  /** As a power cut would, but for the disk. */
  kill(): Promise<void>
  /** Kills it and removes its folder. */
  remove(): Promise<void>
}

const SERVER = 'redis-server'

/** Kills it when the pipe from this process ends, however that comes about. */
const GUARDED = '"$@" & read _; kill -9 $!; wait'

/** Whether there is a Redis to test on. Where it has to be there, its absence is a failure. */
export function hasRedis(): boolean {
  const found = spawnSync(SERVER, ['--version']).status === 0
  if (!found && process.env['CI']) throw new Error('CI needs redis-server, and it is not there')
  return found
}

/** A server of its own on a free loopback port, which puts every command on the disk. */
export async function startRedis(options: Record<string, string> = {}): Promise<RedisServer> {
  const folder = mkdtempSync(join(tmpdir(), 'redis-'))
  const port = await freePort()
  const config = {
    port: String(port),
    bind: '127.0.0.1',
    dir: folder,
    save: '',
    appendonly: 'yes',
    appendfsync: 'always',
    ...options,
  }
  const args = Object.entries(config).flatMap(([name, value]) => [`--${name}`, value])
  let child: ChildProcess | undefined

  const kill = async () => {
    if (!child) return
    const exited = once(child, 'exit')
    child.stdin!.end()
    child = undefined
    await exited
  }
  const start = async () => {
    child = spawn('sh', ['-c', GUARDED, 'sh', SERVER, ...args], {
      stdio: ['pipe', 'ignore', 'ignore'],
    })
    await answering(port)
  }
  await start()
  return {
    port,
    start,
    kill,
    async remove() {
      await kill()
      rmSync(folder, { recursive: true })
    },
  }
}

async function answering(port: number): Promise<void> {
  const client = new Redis({ port, retryStrategy: () => 20, maxRetriesPerRequest: 500 })
  client.on('error', () => undefined)
  await client.ping()
  client.disconnect()
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  server.close()
  await once(server, 'close')
  return port
}
