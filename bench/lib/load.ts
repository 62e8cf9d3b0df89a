/** Keeps a server busy for a second from 64 connections: with wrk where it is installed. */
import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { githubHeaders, PATH } from './deliveries.ts'
import { isInstalled, pinned } from './pinning.ts'

const CONNECTIONS = 64
const SECONDS = 1
const run = promisify(execFile)

export const client = isInstalled('wrk') ? 'wrk' : 'socket client'

export interface Load {
  readonly body: Buffer
  /** Whether each delivery has an id of its own, as needed where duplicates are told. */
  readonly uniqueIds: boolean
}

/** The number of deliveries that were answered. Throws if any was not accepted. */
export async function applyLoad(port: number, { body, uniqueIds }: Load): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), 'bench-'))
  const headers = Object.entries(githubHeaders(body)).map(([name, value]) => `${name}: ${value}\n`)
  writeFileSync(join(folder, 'body'), body)
  writeFileSync(join(folder, 'headers'), headers.join(''))
  const env = {
    ...process.env,
    BENCH_BODY: join(folder, 'body'),
    BENCH_HEADERS: join(folder, 'headers'),
    BENCH_PATH: PATH,
    BENCH_ID_PREFIX: uniqueIds ? `${crypto.randomUUID()}-` : '',
  }
  try {
    const [command, ...args] = pinned('load', clientCommand(port))
    const { stdout } = await run(command, args, { env })
    return countAnswers(stdout)
  } finally {
    rmSync(folder, { recursive: true })
  }
}

function clientCommand(port: number): readonly [string, ...string[]] {
  const here = import.meta.dirname
  if (client !== 'wrk') {
    const file = join(here, 'socket-client.ts')
    return [process.execPath, file, String(port), String(CONNECTIONS), String(SECONDS)]
  }
  const url = `http://127.0.0.1:${port}`
  const script = join(here, 'wrk.lua')
  return ['wrk', '-t1', `-c${CONNECTIONS}`, `-d${SECONDS}s`, '--timeout', '30s', '-s', script, url]
}

function countAnswers(output: string): number {
  const found = /ANSWERED (\d+) FAILED (\d+)/.exec(output)
  if (!found) throw new Error(`The load broke off: ${output}`)
  const [answered, failed] = [Number(found[1]), Number(found[2])]
  if (failed > 0) throw new Error(`${failed} of ${answered} deliveries failed`)
  return answered
}
