/** A receiver from outside: a process that is started, signalled, and known by what it prints. */
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import type { ReceiverConfig } from './receiver-config.ts'
import { machineNow, within } from './waiting.ts'

const ROOT = join(import.meta.dirname, '../..')
const FILE = join(import.meta.dirname, 'receiver-process.ts')
/** More than a start takes on a machine that is very busy. */
const MAX_START_MS = 20_000
const MAX_OUTPUT = 100_000

export interface Exit {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

export interface Launch {
  /** Variables beside PATH: nothing of the tester's own settings gets in. */
  readonly env?: Readonly<Record<string, string>>
}

export class Receiver {
  readonly exit: Promise<Exit>
  /** When it was last told to start, and how long it took to serve. */
  readonly startMs: number = 0
  port = 0
  ended: Exit | undefined
  readonly #child: ChildProcess
  #output = ''

  private constructor(config: ReceiverConfig, { env = {} }: Launch) {
    const args = ['--conditions=@webhook-target/source', FILE, JSON.stringify(config)]
    this.#child = spawn(process.execPath, args, {
      cwd: ROOT,
      env: { PATH: process.env['PATH'], ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    for (const stream of [this.#child.stdout!, this.#child.stderr!]) {
      stream.setEncoding('utf8').on('data', (chunk: string) => {
        this.#output = (this.#output + chunk).slice(-MAX_OUTPUT)
      })
    }
    this.exit = once(this.#child, 'close').then(
      ([code, signal]) =>
        (this.ended = { code: code as Exit['code'], signal: signal as Exit['signal'] }),
    )
  }

  /** Starts one, and waits until it listens. @throws {Error} with all it printed if it ends before */
  static async start(config: ReceiverConfig, launch: Launch = {}): Promise<Receiver> {
    const receiver = Receiver.launch(config, launch)
    await receiver.ready()
    return receiver
  }

  /** Starts one that may refuse to. */
  static launch(config: ReceiverConfig, launch: Launch = {}): Receiver {
    return new Receiver(config, launch)
  }

  get pid(): number {
    return this.#child.pid!
  }
  get output(): string {
    return this.#output
  }

  async ready(): Promise<void> {
    const began = machineNow()
    await within(MAX_START_MS, () => /^ready \d+$/m.test(this.#output) || this.ended !== undefined)
    const port = /^ready (\d+)$/m.exec(this.#output)?.[1]
    if (!port) {
      this.signal('SIGKILL')
      throw new Error(`The receiver did not start:\n${this.#output}`)
    }
    this.port = Number(port)
    Object.assign(this, { startMs: machineNow() - began })
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal)
  }

  async kill(): Promise<Exit> {
    this.signal('SIGKILL')
    return this.exit
  }

  async terminate(): Promise<Exit> {
    this.signal('SIGTERM')
    return this.exit
  }

  /** Nobody reads what it prints any more: the pipe fills up. */
  stopReading(): void {
    this.#child.stdout!.pause()
    this.#child.stderr!.pause()
  }
}
