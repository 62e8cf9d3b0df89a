/**
 * What the effects have done, in a file that outlives the receivers: a line for each beginning and each end,
 * appended in one write, so that lines of several processes never mix and a kill never tears one.
 */
import { existsSync, openSync, readFileSync, writeSync } from 'node:fs'
import { machineNow } from './waiting.ts'

export interface SinkLine {
  /** The id of the delivery. */
  readonly id: string
  readonly attempt: number
  readonly what: 'start' | 'done'
  readonly pid: number
  /** By the clock of the machine. */
  readonly at: number
}

export function openSink(
  file: string,
): (id: string, attempt: number, what: SinkLine['what']) => void {
  const fd = openSync(file, 'a')
  return (id, attempt, what) =>
    void writeSync(fd, `${id} ${attempt} ${what} ${process.pid} ${machineNow()}\n`)
}

export function readSink(file: string): readonly SinkLine[] {
  if (!existsSync(file)) return []
  return readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const [id, attempt, what, pid, at] = line.split(' ')
      return {
        id: id!,
        attempt: Number(attempt),
        what: what as SinkLine['what'],
        pid: Number(pid),
        at: Number(at),
      }
    })
}

/** How many times each delivery was completed. */
export function countDone(lines: readonly SinkLine[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>()
  for (const { id, what } of lines) {
    if (what === 'done') counts.set(id, (counts.get(id) ?? 0) + 1)
  }
  return counts
}
