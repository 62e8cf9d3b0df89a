/** An engine with some of its methods replaced, the way of everything that is done to one from outside. */
import { createInbox, type Engine, type EngineInbox } from 'webhook-target/inbox'
import type { CrashPoint } from './receiver-config.ts'

export function wrap(engine: Engine, replaced: Partial<Engine>): Engine {
  return new Proxy(engine, {
    get(target, name) {
      if (name in replaced) return Reflect.get(replaced, name) as unknown
      const value: unknown = Reflect.get(target, name, target)
      // Private fields are found on the engine itself only.
      return typeof value === 'function' ? (value.bind(target) as unknown) : value
    },
  })
}

/** The inbox of a wrapped engine, with the options that it was made with. */
export function rewrap(
  inbox: EngineInbox,
  options: Parameters<typeof createInbox>[1],
  change: (engine: Engine) => Engine,
): EngineInbox {
  return createInbox(change(inbox.engine), options)
}

/** Ends the process at the nth passage of a point. The effect itself calls `pass` for `in-effect`. */
export class CrashPoints {
  readonly #crash: { readonly at: CrashPoint; readonly passage: number } | undefined
  #passages = 0

  constructor(crash?: { readonly at: CrashPoint; readonly passage: number }) {
    this.#crash = crash
  }

  pass(point: CrashPoint): void {
    if (this.#crash?.at !== point || ++this.#passages < this.#crash.passage) return
    process.kill(process.pid, 'SIGKILL')
  }

  wrap(engine: Engine): Engine {
    return wrap(engine, {
      put: async (record, options) => {
        const put = await engine.put(record, options)
        this.pass('before-answer')
        return put
      },
      work: (run, options) =>
        engine.work!(async (record, attempt) => {
          const verdict = await run(record, attempt)
          this.pass('before-verdict')
          return verdict
        }, options),
    })
  }
}
