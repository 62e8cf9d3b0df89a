/** The receivers of a run, and what was done to them and when: a second completion is only excused by that. */
import type { ReceiverConfig } from './receiver-config.ts'
import { Receiver } from './receiver.ts'
import { machineNow, pause, within } from './waiting.ts'

/** A time in which a process, or every one if none is named, could not finish what it had begun. */
export interface Cut {
  readonly pid: number | undefined
  readonly from: number
  readonly to: number
  readonly kind: 'kill' | 'freeze' | 'broker'
}

/** How long a crash point may take to be passed. */
const MAX_CRASH_WAIT_MS = 3000

export class Fleet {
  readonly cuts: Cut[] = []
  /** What went wrong with the processes themselves. */
  readonly problems: string[] = []
  kills = 0
  terms = 0
  readonly #config: ReceiverConfig
  readonly #slots: Receiver[] = []

  private constructor(config: ReceiverConfig) {
    this.#config = config
  }

  static async start(config: ReceiverConfig, count: number): Promise<Fleet> {
    const fleet = new Fleet(config)
    for (let slot = 0; slot < count; slot++) fleet.#slots.push(await Receiver.start(config))
    return fleet
  }

  get size(): number {
    return this.#slots.length
  }
  ports(): readonly number[] {
    return this.#slots.map(({ port }) => port)
  }

  async kill(slot: number): Promise<void> {
    await this.#killed(this.#slots[slot]!)
    await this.#restart(slot)
  }

  /** Starts it anew with a point to die at, and again after that. */
  async crash(slot: number, crash: NonNullable<ReceiverConfig['crash']>): Promise<void> {
    await this.#killed(this.#slots[slot]!)
    await this.#restart(slot, { ...this.#config, crash })
    const receiver = this.#slots[slot]!
    const from = machineNow()
    await within(MAX_CRASH_WAIT_MS, () => receiver.ended !== undefined)
    if (receiver.ended) {
      this.kills++
      this.cuts.push({ pid: receiver.pid, from, to: machineNow(), kind: 'kill' })
    } else {
      await this.#killed(receiver)
    }
    await this.#restart(slot)
  }

  async terminate(slot: number): Promise<void> {
    const receiver = this.#slots[slot]!
    if (receiver.ended) return
    this.terms++
    const { code, signal } = await receiver.terminate()
    if (code !== 0)
      this.problems.push(
        `After SIGTERM it ended with ${code ?? signal}:\n${receiver.output.slice(-1500)}`,
      )
    await this.#restart(slot)
  }

  /**
   * Longer than the lease: whatever it was at is taken away meanwhile.
   *
   * @param locks whether a process that stops in mid-commit keeps all others from writing a verdict too
   */
  async freeze(slot: number, forMs: number, locks: boolean): Promise<void> {
    const receiver = this.#slots[slot]!
    const from = machineNow()
    receiver.signal('SIGSTOP')
    await pause(forMs)
    receiver.signal('SIGCONT')
    const pid = locks ? undefined : receiver.pid
    this.cuts.push({ pid, from, to: machineNow(), kind: 'freeze' })
  }

  /** Ends all, the way that is meant for it. */
  async stop(): Promise<void> {
    await Promise.all(
      this.#slots.map(async (receiver) => {
        this.#checkAlive(receiver)
        const { code, signal } = await receiver.terminate()
        if (code !== 0) {
          this.problems.push(
            `At the end it ended with ${code ?? signal}:\n${receiver.output.slice(-1500)}`,
          )
        }
      }),
    )
  }

  killAll(): void {
    for (const receiver of this.#slots) receiver.signal('SIGKILL')
  }

  async #killed(receiver: Receiver): Promise<void> {
    this.#checkAlive(receiver)
    const from = machineNow()
    await receiver.kill()
    this.kills++
    this.cuts.push({ pid: receiver.pid, from, to: machineNow(), kind: 'kill' })
  }

  async #restart(slot: number, config = this.#config): Promise<void> {
    this.#slots[slot] = await Receiver.start(config)
  }

  #checkAlive(receiver: Receiver): void {
    if (!receiver.ended) return
    const { code, signal } = receiver.ended
    this.problems.push(
      `A receiver ended by itself with ${code ?? signal}:\n${receiver.output.slice(-1500)}`,
    )
  }
}
