/** The inbox of a receiver: its engine by name, with times short enough to see leases and waits end. */
import type { EngineInbox } from 'webhook-target/inbox'
import { sqlite } from 'webhook-target/engines/sqlite'
import { breakEngine, breakOptions } from './broken-engines.ts'
import type { ReceiverConfig } from './receiver-config.ts'
import { rewrap, type CrashPoints } from './wrapped-engine.ts'

export async function openInbox(
  config: ReceiverConfig,
  crashPoints: CrashPoints,
): Promise<EngineInbox> {
  const options = {
    leaseSeconds: config.leaseSeconds ?? 2,
    attempts: config.attempts ?? 20,
    workSeconds: config.workSeconds ?? 30,
    backoff: { baseSeconds: 0.05, maxSeconds: 0.5 },
    ...breakOptions(config.broken),
    ...config.options,
  }
  return rewrap(await createEngine(config, options), options, (engine) =>
    crashPoints.wrap(breakEngine(engine, config.broken, config.store)),
  )
}

function createEngine(
  { engine, store }: ReceiverConfig,
  options: object,
): EngineInbox | Promise<EngineInbox> {
  switch (engine) {
    case 'sqlite':
      return sqlite(store, options)
    case 'pg-boss':
      return openPgBoss(store, options)
    case 'bullmq':
      return openBullmq(Number(store), options)
  }
}

/* Loaded by those who use them: a receiver has to start quickly. */

async function openPgBoss(connectionString: string, options: object): Promise<EngineInbox> {
  const [{ PgBoss }, { pgBoss }] = await Promise.all([
    import('pg-boss'),
    import('webhook-target/engines/pg-boss'),
  ])
  const boss = new PgBoss({ connectionString, max: 8 })
  boss.on('error', ({ message }) => console.error(message))
  return pgBoss(boss, options)
}

async function openBullmq(port: number, options: object): Promise<EngineInbox> {
  const [{ Queue, Worker }, { bullmq }] = await Promise.all([
    import('bullmq'),
    import('webhook-target/engines/bullmq'),
  ])
  const connection = { host: '127.0.0.1', port, maxRetriesPerRequest: null }
  return bullmq({ Queue, Worker, connection, ...options })
}
