/** Starts each host, runs the behaviours against it and stops it. Arguments pick hosts by a part of their name. */
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createServer, type AddressInfo } from 'node:net'
import { check, type Verdict } from './check.ts'
import { copyFiles, installPackage, project } from './project.ts'
import { environment, runtimes, type Runtime } from './runtimes.ts'
import { deliver } from './sender.ts'

const START_SECONDS = 20

interface Server {
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

async function start(runtime: Runtime): Promise<Server> {
  const port = await freePort()
  const [executable, ...args] = runtime.command(port)
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

interface Prepared {
  readonly runtime: Runtime
  readonly prepared: Promise<void> | undefined
}

/** One after the other: hosts that share two cores with each other are slow to answer, not wrong. */
async function run({ runtime, prepared }: Prepared): Promise<readonly Verdict[]> {
  try {
    await prepared
    const server = await start(runtime)
    try {
      const verdicts = []
      for (const behaviour of runtime.behaviours) {
        verdicts.push(await check(behaviour, server.base, runtime.host))
      }
      if (runtime.prints) verdicts.push(printed(runtime.prints, server.output()))
      return verdicts
    } finally {
      await server.stop()
    }
  } catch (error) {
    return [{ name: 'starts', failure: String(error) }]
  }
}

function printed(text: string, output: string): Verdict {
  const name = 'the effect ran'
  return output.includes(text) ? { name } : { name, failure: `no "${text}" in ${output}` }
}

const wanted = process.argv.slice(2)
const isWanted = ({ name }: Runtime) =>
  wanted.length === 0 || wanted.some((part) => name.includes(part))

installPackage()
copyFiles()
let passed = 0
let failed = 0
// What takes long to make is made while the others run.
const entrants = runtimes.filter(isWanted).map((runtime): Prepared => {
  const prepared = runtime.prepare?.()
  prepared?.catch(() => undefined) // reported when its turn comes
  return { runtime, prepared }
})
for (const entrant of entrants) {
  const { runtime } = entrant
  const verdicts = await run(entrant)
  const failures = verdicts.filter(({ failure }) => failure !== undefined)
  passed += verdicts.length - failures.length
  failed += failures.length
  console.log(
    `${runtime.name}: ${verdicts.length - failures.length} passed, ${failures.length} failed`,
  )
  for (const { name, failure } of failures)
    console.log(`  FAILED ${name}: ${failure?.slice(0, 2000)}`)
}
console.log(`${passed} passed, ${failed} failed`)
process.exitCode = failed === 0 && passed > 0 ? 0 : 1
