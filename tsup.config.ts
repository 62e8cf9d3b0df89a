import { defineConfig } from 'tsup'
import { entries } from './scripts/entries.ts'

export default defineConfig({
  entry: Object.fromEntries(entries().map(({ output, source }) => [output, source])),
  format: ['esm'],
  target: 'es2023',
  // Shared chunks: one `WebhookError` class for all entries.
  splitting: true,
  dts: true,
  sourcemap: true,
  clean: true,
})
