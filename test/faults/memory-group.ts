/** A limit on the memory of a process and of what the kernel keeps for it, as a container has it. */
import {
  accessSync,
  constants,
  existsSync,
  mkdirSync,
  readFileSync,
  rmdirSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { until } from './waiting.ts'

const ROOT = '/sys/fs/cgroup'
const FIRST = join(ROOT, 'memory')

/** Where groups are made, and the file of their limit: of the first version, or of the second. */
function findGroups(): { readonly path: string; readonly limit: string } | undefined {
  if (canWrite(FIRST)) return { path: FIRST, limit: 'memory.limit_in_bytes' }
  const control = join(ROOT, 'cgroup.subtree_control')
  const isSecond = existsSync(control) && readFileSync(control, 'utf8').includes('memory')
  return isSecond && canWrite(ROOT) ? { path: ROOT, limit: 'memory.max' } : undefined
}

function canWrite(path: string): boolean {
  try {
    accessSync(path, constants.W_OK)
    return true
  } catch {
    return false
  }
}

const GROUPS = findGroups()

/** Why a test can't run. */
export const noMemoryGroup = GROUPS ? undefined : 'no control group for memory can be made here'

/** What a shell does to be in a new group of so many MiB. Gone after the test. */
export function enterMemoryGroup(mib: number): string {
  const { path, limit } = GROUPS!
  const group = join(path, `faults-${process.pid}-${mib}`)
  mkdirSync(group)
  onTestFinished(() => until('the group is empty', () => remove(group)))
  writeFileSync(join(group, limit), String(mib * 1024 ** 2))
  return `echo $$ > ${join(group, 'cgroup.procs')}`
}

function remove(group: string): boolean {
  try {
    rmdirSync(group)
    return true
  } catch {
    return false // what was in it has not ended yet
  }
}
