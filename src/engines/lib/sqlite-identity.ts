import { builtinModule } from '../../lib/builtin.ts'

interface FileSystem {
  statSync(
    path: string,
    options: { bigint: true; throwIfNoEntry: false },
  ): { readonly dev: bigint; readonly ino: bigint } | undefined
}

/** What every file is to a runtime that can't tell. */
export const UNKNOWN = 'unknown'

/** Which file a path leads to; `undefined` if to none. */
export function identityOf(path: string): string | undefined {
  const fs = builtinModule('node:fs') as FileSystem | undefined
  if (!fs) return UNKNOWN
  const found = fs.statSync(path, { bigint: true, throwIfNoEntry: false })
  return found && `${found.dev}:${found.ino}`
}
