/** Runs a file of the examples as its user would, with Node and the package's sources. */
import { spawn } from 'node:child_process'
import { join } from 'node:path'

const ROOT = join(import.meta.dirname, '../..')

export interface Child {
  /** All it has printed so far, both streams in the order of arrival. */
  readonly output: () => string
  /** Waits for what it prints, and fails with all it printed if it ends before. */
  printed(pattern: RegExp): Promise<RegExpExecArray>
  kill(signal: NodeJS.Signals): void
  readonly exit: Promise<number | null>
}

export function run(
  file: string,
  { args = [], env = {} }: { args?: readonly string[]; env?: Record<string, string> } = {},
): Child {
  const child = spawn(
    process.execPath,
    ['--conditions=@webhook-target/source', join(ROOT, file), ...args],
    // Nothing of the tester's own settings gets in.
    { cwd: ROOT, env: { PATH: process.env['PATH'], ...env }, stdio: ['ignore', 'pipe', 'pipe'] },
  )
  let text = ''
  let ended = false
  const listeners = new Set<() => void>()
  const changed = () => listeners.forEach((listener) => listener())
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk
      changed()
    })
  }
  const exit = new Promise<number | null>((resolve) => {
    child.on('close', (code) => {
      ended = true
      changed()
      resolve(code)
    })
  })

  return {
    output: () => text,
    printed: (pattern) =>
      new Promise((resolve, reject) => {
        const look = () => {
          const found = pattern.exec(text)
          if (!found && !ended) return
          listeners.delete(look)
          if (found) resolve(found)
          else reject(new Error(`${file} ended without printing ${pattern}:\n${text}`))
        }
        listeners.add(look)
        look()
      }),
    kill: (signal) => void child.kill(signal),
    exit,
  }
}
