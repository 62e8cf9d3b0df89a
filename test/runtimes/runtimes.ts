/** The hosts: how each is started, and which files it needs. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { arch, platform } from 'node:process'
import { text } from 'node:stream/consumers'
import { exampleBehaviours, behaviours, type Behaviour, type Host } from './behaviours.ts'
import { bundleWorker, project } from './project.ts'
import { secrets } from './secrets.ts'

export interface Runtime {
  readonly name: string
  readonly host: Host
  readonly behaviours: readonly Behaviour[]
  /** What must appear in its output: the proof that an example's effect ran. */
  readonly prints?: string
  /** Makes what is started, if that takes more than the files at hand. */
  readonly prepare?: () => Promise<void>
  readonly command: (port: number) => readonly [executable: string, ...args: readonly string[]]
}

const modules = `${project}node_modules/`
const versionOf = (name: string): string =>
  JSON.parse(readFileSync(`${modules}${name}/package.json`, 'utf8')).version

/** Installed without their install scripts, which would only link these. */
const executables = {
  bun: `@oven/bun-${platform}-${arch === 'arm64' ? 'aarch64' : arch}/bin/bun`,
  deno: `@deno/${platform}-${arch}${platform === 'linux' ? '-glibc' : ''}/deno`,
  workerd: `@cloudflare/workerd-${platform}-${arch === 'x64' ? '64' : arch}/bin/workerd`,
  next: 'next/dist/bin/next',
}
const { bun, deno, workerd, next } = Object.fromEntries(
  Object.entries(executables).map(([name, path]) => [name, modules + path]),
) as typeof executables

const nextFolder = `${project}hosts/next`
const EXAMPLE = { behaviours: exampleBehaviours('/'), prints: 'octo/hello was pushed to' }
const MOUNTED = { ...EXAMPLE, behaviours: exampleBehaviours('/webhooks/github') }
/** Deno needs no permission but to read its environment. */
function denoServe(
  file: string,
  port: number,
  permission = '--allow-env=GITHUB_WEBHOOK_SECRET',
): readonly [string, ...string[]] {
  const where = ['--host', '127.0.0.1', '--port', `${port}`]
  return [deno, 'serve', '--no-prompt', permission, ...where, file]
}

const names = {
  bun: `bun ${versionOf('bun')}`,
  deno: `deno ${versionOf('deno')}`,
  workerd: `workerd ${versionOf('workerd')}`,
  hono: `hono ${versionOf('hono')}`,
  next: `next ${versionOf('next')}`,
}

/** A Node of another version; they come for Linux on x64 only. */
function node(alias: string): Runtime | undefined {
  const executable = `${modules}${alias}/bin/node`
  if (!existsSync(executable)) {
    if (platform === 'linux' && arch === 'x64') throw new Error(`${alias} is not installed`)
    return undefined
  }
  return nodeAt(executable, versionOf(alias))
}

function nodeAt(executable: string, version: string): Runtime {
  return {
    name: `node ${version}`,
    host: 'node',
    behaviours,
    command: () => [executable, 'hosts/node.ts'],
  }
}

/** A Worker takes its port and its bindings from a configuration beside its bundle. */
function worker(
  entry: string,
  flags: readonly string[] = [],
): Pick<Runtime, 'prepare' | 'command'> {
  let config = ''
  return {
    async prepare() {
      config = await bundleWorker({ entry, flags, bindings: Object.keys(secrets) })
    },
    command: (port) => serveWorker(config, port),
  }
}

const all: readonly (Runtime | undefined)[] = [
  node('node22'),
  nodeAt(process.execPath, process.versions.node),
  node('node26'),
  { name: names.bun, host: 'bun', behaviours, command: () => [bun, 'run', 'hosts/bun.ts'] },
  {
    name: names.deno,
    host: 'deno',
    behaviours,
    command: (port) => denoServe('hosts/deno.ts', port, '--allow-env'),
  },
  {
    name: `${names.workerd} (WebCrypto)`,
    host: 'workerd',
    behaviours,
    ...worker('hosts/workerd.ts'),
  },
  {
    name: `${names.workerd} (nodejs_compat)`,
    host: 'workerd',
    behaviours,
    ...worker('hosts/workerd.ts', ['nodejs_compat']),
  },
  {
    name: `${names.hono} on node ${process.versions.node}`,
    host: 'hono',
    behaviours,
    command: () => [process.execPath, 'hosts/hono.ts'],
  },
  {
    name: `${names.next}, and examples/next/route.ts`,
    host: 'next',
    behaviours: [...behaviours, ...MOUNTED.behaviours],
    prints: MOUNTED.prints,
    prepare: () => run(process.execPath, [next, 'build', nextFolder]),
    command: (port) => {
      const where = ['--hostname', '127.0.0.1', '--port', `${port}`]
      return [process.execPath, next, 'start', nextFolder, ...where]
    },
  },
  {
    name: `examples/workers.ts on ${names.workerd}`,
    host: 'workerd',
    ...EXAMPLE,
    ...worker('examples/workers.ts'),
  },
  {
    name: `examples/deno.ts on ${names.deno}`,
    host: 'deno',
    ...EXAMPLE,
    command: (port) => denoServe('examples/deno.ts', port),
  },
  {
    name: `examples/bun.ts on ${names.bun}`,
    host: 'bun',
    ...EXAMPLE,
    command: () => [bun, 'run', 'examples/bun.ts'],
  },
  {
    name: `examples/hono.ts on ${names.bun}`,
    host: 'bun',
    ...MOUNTED,
    command: () => [bun, 'run', 'examples/hono.ts'],
  },
  {
    name: `examples/hono.ts on ${names.deno}`,
    host: 'deno',
    ...MOUNTED,
    command: (port) => denoServe('examples/hono.ts', port),
  },
]

/** What runs the suite of all providers, and gives its verdicts as JSON. */
export interface SuiteRunner {
  readonly name: string
  /** Runs a bundled script, which prints them. */
  readonly script?: readonly [executable: string, ...args: readonly string[]]
  /** Or serves a Worker, which answers with them: the cryptography to ask for. */
  readonly crypto?: 'node' | 'web'
}

const script = (name: string, ...command: SuiteRunner['script'] & {}): SuiteRunner => ({
  name: `providers on ${name}`,
  script: command,
})

export const suiteRunners: readonly SuiteRunner[] = [
  ...['node22', 'node26']
    .filter((alias) => existsSync(`${modules}${alias}/bin/node`))
    .map((alias) => script(`node ${versionOf(alias)}`, `${modules}${alias}/bin/node`)),
  script(`node ${process.versions.node}`, process.execPath),
  script(names.bun, bun, 'run'),
  script(names.deno, deno, 'run', '--no-prompt'),
  { name: `providers on ${names.workerd} (nodejs_compat)`, crypto: 'node' },
  { name: `providers on ${names.workerd} (WebCrypto)`, crypto: 'web' },
]

/** What runs the suite of engines on the SQLite of a runtime, and prints its verdicts as JSON. */
export interface EngineRunner {
  readonly name: string
  readonly command: readonly [executable: string, ...args: readonly string[]]
}

const engine = (name: string, ...command: EngineRunner['command']): EngineRunner => ({
  name: `sqlite on ${name}`,
  command: [...command, 'hosts/sqlite.ts'] as const,
})

export const engineRunners: readonly EngineRunner[] = [
  ...['node22', 'node26']
    .filter((alias) => existsSync(`${modules}${alias}/bin/node`))
    .map((alias) => engine(`node ${versionOf(alias)}`, `${modules}${alias}/bin/node`)),
  engine(names.bun, bun, 'run'),
  engine(names.deno, deno, 'run', '--no-prompt', '--allow-all'),
]

/** Serves a bundled Worker that has no bindings. */
export function serveWorker(config: string, port: number): readonly [string, ...string[]] {
  return [workerd, 'serve', config, '--socket-addr', `http=127.0.0.1:${port}`]
}

export const runtimes: readonly Runtime[] = all.filter((runtime) => runtime !== undefined)

/** Runs a program to its end. */
async function run(executable: string, args: readonly string[]): Promise<void> {
  const child = spawn(executable, args, {
    env: environment(),
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const output = Promise.all([text(child.stdout), text(child.stderr)])
  const [code] = await once(child, 'exit')
  if (code !== 0) throw new Error(`${args.join(' ')} failed:\n${(await output).join('')}`)
}

/** The secrets, and what a program needs to start; nothing else of this process. */
export function environment(port?: number): NodeJS.ProcessEnv {
  const { PATH, HOME } = process.env
  return {
    PATH,
    HOME,
    ...secrets,
    NODE_ENV: 'production',
    NO_COLOR: '1',
    NEXT_TELEMETRY_DISABLED: '1',
    DENO_NO_UPDATE_CHECK: '1',
    DO_NOT_TRACK: '1',
    ...(port !== undefined && { PORT: `${port}` }),
  }
}
