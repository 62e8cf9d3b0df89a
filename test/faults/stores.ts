/** The stores behind the engines: made for a run, looked into from outside after it, and disturbed in between. */
import { rmSync, mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openSqliteStore } from './sqlite-file.ts'
import type { EngineName } from './receiver-config.ts'

export interface Store {
  /** What receivers are told. */
  readonly address: string
  /** Deliveries that have no verdict yet. */
  pending(): Promise<number>
  /** What is wrong with the store itself; `ok` if nothing is. */
  integrity(): Promise<string>
  /** Keeps receivers from writing, until the function it returns is called. */
  readonly lock?: () => Promise<() => Promise<void>>
  /** Kills the server, until the function it returns starts it again. */
  readonly kill?: () => Promise<() => Promise<void>>
  close(): Promise<void>
}

export async function openStore(engine: EngineName, folder: string): Promise<Store> {
  switch (engine) {
    case 'sqlite':
      return openSqliteStore(join(folder, 'inbox.db'))
    // Their clients are loaded where they are used.
    case 'pg-boss':
      return (await import('./broker-servers.ts')).openPostgresStore()
    case 'bullmq':
      return (await import('./broker-servers.ts')).openRedisStore()
  }
}

/** A folder of its own for a run; nothing is left of it unless it failed. */
export function createFolder(): { readonly path: string; remove(): void } {
  const path = mkdtempSync(join(tmpdir(), 'faults-'))
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) }
}
