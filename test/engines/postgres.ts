import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chownSync, existsSync, globSync, mkdtempSync, statSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

/** A cluster of its own, on loopback, with Debian's binaries and all that PostgreSQL does by default. */
export interface Postgres {
  readonly url: string
  /** As a machine that goes down: no checkpoint, no goodbye. */
  kill(): Promise<void>
  start(): Promise<void>
  /** Stops it and removes its files. */
  remove(): Promise<void>
}

const [binaries] = globSync('/usr/lib/postgresql/*/bin').toSorted().toReversed()

/** Why there can be no cluster here; where tests must not be skipped, that fails them. */
export const noPostgres: string | undefined =
  binaries && existsSync(join(binaries, 'initdb')) ? undefined : 'PostgreSQL is not installed'
if (noPostgres && process.env['CI']) throw new Error(noPostgres)

export async function startPostgres(): Promise<Postgres> {
  const folder = mkdtempSync(join(tmpdir(), 'postgres-'))
  if (isRoot) chownSync(folder, await postgresUser(), statSync(folder).gid)
  const data = join(folder, 'data')
  const port = await freePort()
  const options = [
    `-c listen_addresses=127.0.0.1 -c port=${port} -c max_connections=60`,
    `-c unix_socket_directories=${folder}`,
  ].join(' ')
  await run('initdb', ['--pgdata', data, '--username=postgres', '--auth=trust', '--no-sync'])
  const control = (...args: string[]) => run('pg_ctl', ['--pgdata', data, '--wait', ...args])
  const start = () => control('start', '--log', join(folder, 'log'), '--options', options)
  const guard = startGuard(folder, data)
  await start()
  return {
    url: `postgres://postgres@127.0.0.1:${port}/postgres`,
    start,
    kill: () => control('stop', '--mode=immediate'),
    async remove() {
      const gone = once(guard, 'exit')
      guard.stdin.end()
      await gone
    },
  }
}

const isRoot = process.getuid?.() === 0

/** PostgreSQL refuses to run as root. */
const asPostgres = (command: readonly string[]) =>
  isRoot ? ['runuser', '-u', 'postgres', '--', ...command] : command

/** Stops the cluster and removes its files when its input ends, and so when this process does, however it does. */
function startGuard(folder: string, data: string) {
  const script = 'read _; "$1" --pgdata "$2" --mode=immediate --wait stop; rm -r "$3"'
  const stop = join(binaries!, 'pg_ctl')
  const [command, ...args] = asPostgres(['sh', '-c', script, 'guard', stop, data, folder])
  return spawn(command!, args, {
    cwd: '/',
    detached: true, // a signal to the group of the tests must not end it
    stdio: ['pipe', 'ignore', 'ignore'],
  })
}

async function run(program: string, args: readonly string[]): Promise<void> {
  const [command, ...rest] = asPostgres([join(binaries!, program), ...args])
  // The server keeps the pipes of what has started it open.
  const child = execFile(command!, rest, { cwd: '/' })
  const errors: string[] = []
  child.stderr?.on('data', (text: string) => errors.push(text))
  const code = await new Promise((resolve) => child.on('exit', resolve))
  child.stdout?.destroy()
  child.stderr?.destroy()
  if (code !== 0) throw new Error(`${program} ended with ${String(code)}: ${errors.join('')}`)
}

async function postgresUser(): Promise<number> {
  const { stdout } = await promisify(execFile)('id', ['-u', 'postgres'])
  return Number(stdout)
}

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}
