import { expect, vi } from 'vitest'

// src/lib/crypto.ts picks its backend while it is evaluated: hide node:crypto for that long.
const hidden = vi.spyOn(process, 'getBuiltinModule').mockReturnValue(undefined)
try {
  const { crypto } = await import('../../src/lib/crypto.ts')
  expect(crypto.name).toBe('web')
} finally {
  hidden.mockRestore()
}
