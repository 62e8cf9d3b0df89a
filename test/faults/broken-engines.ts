/** SQLite engines with the faults that others have had, to show that the rig and the published suite find them. */
import { setTimeout as pause } from 'node:timers/promises'
import { DatabaseSync } from 'node:sqlite'
import type { Engine, InboxRecord, Verdict } from 'webhook-target/inbox'
import type { SqliteOptions } from 'webhook-target/engines/sqlite'
import { wrap } from './wrapped-engine.ts'

export const FAULTS = [
  'ack-before-put',
  'check-then-insert',
  'no-fencing',
  'forgets-done',
  'normal-sync',
] as const
export type FaultName = (typeof FAULTS)[number]

interface Subject {
  readonly engine: Engine
  readonly file: string
}

/** What is done to the engine; the last one is done to its options. */
const BREAK: Readonly<Record<FaultName, (subject: Subject) => Engine>> = {
  'ack-before-put': ackBeforePut,
  'check-then-insert': checkThenInsert,
  'no-fencing': withoutFencing,
  'forgets-done': forgetsDone,
  'normal-sync': ({ engine }) => engine,
}

export function breakEngine(engine: Engine, fault: string | undefined, file: string): Engine {
  if (fault === undefined) return engine
  const broken = BREAK[fault as FaultName] as ((subject: Subject) => Engine) | undefined
  if (!broken) throw new Error(`No fault is called ${fault}; there are ${FAULTS.join(', ')}`)
  return broken({ engine, file })
}

export function breakOptions(fault: string | undefined): Pick<SqliteOptions, 'database'> {
  return fault === 'normal-sync' ? { database: NormalDatabase } : {}
}

/** Collects what comes in, to write it a moment later. */
function ackBeforePut({ engine }: Subject): Engine {
  return wrap(engine, {
    async put(record) {
      void pause(100).then(() => engine.put(record))
      return 'stored'
    },
  })
}

/** Looks whether it is there, and if not stores it, in two steps and without a constraint. */
function checkThenInsert({ engine, file }: Subject): Engine {
  let count = 0
  return wrap(engine, {
    async put(record) {
      if (query(file, 'SELECT 1 FROM inbox WHERE substr(key, 1, 43) = ?', record.key))
        return 'duplicate'
      await pause(1)
      return engine.put({ ...record, key: `${record.key}-${process.pid}-${count++}` })
    },
    work: (run, options) =>
      engine.work!(
        (record, attempt) => run({ ...record, key: record.key.slice(0, 43) }, attempt),
        options,
      ),
  })
}

/** Writes the verdict whoever has the work by now. */
function withoutFencing({ engine, file }: Subject): Engine {
  return afterWork(engine, ({ key }, { kind }) => {
    const state = { ack: 1, dead: 2, retry: 0 }[kind]
    query(
      file,
      'UPDATE inbox SET state = ?, reason = ?, fence = NULL WHERE key = ? RETURNING 1',
      state,
      kind,
      key,
    )
  })
}

/** Takes what is done for new, as queues do that delete it. */
function forgetsDone({ engine }: Subject): Engine {
  const done = new Map<string, number>()
  return wrap(engine, {
    put: (record, options) =>
      engine.put({ ...record, key: `${record.key}~${done.get(record.key) ?? 0}` }, options),
    work: (run, options) =>
      engine.work!(async (record, attempt) => {
        const key = record.key.replace(/~\d+$/, '')
        const verdict = await run({ ...record, key }, attempt)
        if (verdict.kind === 'ack') done.set(key, (done.get(key) ?? 0) + 1)
        return verdict
      }, options),
  })
}

/** Commits are in the log, and that is on the disk some time. */
class NormalDatabase extends DatabaseSync {
  override exec(sql: string): void {
    super.exec(sql.replace('synchronous = FULL', 'synchronous = NORMAL'))
  }
}

function afterWork(engine: Engine, then: (record: InboxRecord, verdict: Verdict) => void): Engine {
  return wrap(engine, {
    work: (run, options) =>
      engine.work!(async (record, attempt) => {
        const verdict = await run(record, attempt)
        then(record, verdict)
        return verdict
      }, options),
  })
}

function query(file: string, sql: string, ...values: (string | number)[]): unknown {
  const database = new DatabaseSync(file)
  try {
    database.exec('PRAGMA busy_timeout = 1000')
    return database.prepare(sql).get(...values)
  } finally {
    database.close()
  }
}
