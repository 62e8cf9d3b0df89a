import { builtinModule } from '../../lib/builtin.ts'

/** Time as a machine counts it from its start: the same for all of its processes, and no clock step moves it. */
export interface MachineClock {
  /** Which start of the machine it counts from. */
  readonly boot: string
  /** Milliseconds. */
  now(): number
}

interface FileSystem {
  readFileSync(path: string, encoding: 'utf8'): string
}

/** Leases and delays must not end early or late because somebody has set the clock. */
export function machineClock(): MachineClock {
  const fs = builtinModule('node:fs') as FileSystem | undefined
  try {
    const boot = fs!.readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
    const uptimeSeconds = Number(fs!.readFileSync('/proc/uptime', 'utf8').split(' ', 1)[0])
    const origin = uptimeSeconds * 1000 - performance.now()
    return { boot, now: () => Math.round(origin + performance.now()) }
  } catch {
    // Not Linux. Between two processes that started before and after a step, the clock then counts.
    return { boot: 'unknown', now: () => Math.round(performance.timeOrigin + performance.now()) }
  }
}
