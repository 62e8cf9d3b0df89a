/** What a process has used so far, from /proc. */
import { readdirSync, readFileSync } from 'node:fs'

const proc = (path: string) => readFileSync(`/proc/${path}`, 'latin1')

/** Milliseconds of CPU of all its threads, to the nanosecond; `stat` knows only hundredths of a second. */
export function cpuMs(pid: number): number {
  const threads = readdirSync(`/proc/${pid}/task`)
  const nanoseconds = threads.map((thread) =>
    Number(proc(`${pid}/task/${thread}/schedstat`).split(' ', 1)[0]),
  )
  return nanoseconds.reduce((sum, used) => sum + used, 0) / 1e6
}

export function residentMib(pid: number): number {
  return Number(/VmRSS:\s+(\d+)/.exec(proc(`${pid}/status`))?.[1]) / 1024
}
