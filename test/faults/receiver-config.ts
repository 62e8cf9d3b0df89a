/** What the rig tells a receiver, as JSON in its first argument. */
import type { WebhookHandlerOptions } from 'webhook-target'

export type EngineName = 'sqlite' | 'pg-boss' | 'bullmq'

/**
 * Where a receiver ends itself with SIGKILL: after the commit and before the answer, in an effect that has begun, or
 * between the end of an effect and its verdict.
 */
export type CrashPoint = 'before-answer' | 'in-effect' | 'before-verdict'

export interface ReceiverConfig {
  readonly engine: EngineName
  /** A file, or the URL of a server. */
  readonly store: string
  readonly sink: string
  /** @default any */
  readonly port?: number
  /** @default auto */
  readonly acknowledge?: NonNullable<WebhookHandlerOptions['acknowledge']>
  /** @default 2 */
  readonly leaseSeconds?: number
  /** @default 20 */
  readonly attempts?: number
  /** @default 30 */
  readonly workSeconds?: number
  /** @default 8 */
  readonly drainSeconds?: number
  /** Whether it works on what is stored. @default true */
  readonly work?: boolean
  /** @default one that every delivery is signed with */
  readonly secrets?: readonly string[]
  /** @default 1 MiB */
  readonly maxBodyBytes?: number
  /** Deliveries whose bodies may be in memory at a time. */
  readonly concurrency?: number
  /** The time between two sweeps, which are a minute apart. */
  readonly sweepMs?: number
  /** Dies at the nth passage of the point. */
  readonly crash?: { readonly at: CrashPoint; readonly passage: number }
  /** The name of a fault that is built into the engine. */
  readonly broken?: string
  /** Options of the engine itself. */
  readonly options?: Readonly<Record<string, unknown>>
}

/** What the effect does with a delivery: it says so in its body. */
export interface Order {
  /** @default work */
  readonly do?: 'work' | 'fail-once' | 'fail' | 'stuck' | 'reject-after-abort' | 'exit' | 'block'
  /** Milliseconds of work. @default 0 */
  readonly ms?: number
}

export const leaseMsOf = ({ leaseSeconds = 2 }: Pick<ReceiverConfig, 'leaseSeconds'>): number =>
  leaseSeconds * 1000
