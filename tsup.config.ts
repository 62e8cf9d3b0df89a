import { defineConfig } from 'tsup'
import { entries } from './scripts/entries.ts'

export default defineConfig({
  entry: Object.fromEntries(entries().map(({ output, source }) => [output, source])),
  format: ['esm'],
  target: 'es2023',
  // Shared chunks: one `WebhookError` class for all entries.
  splitting: true,
  // By default tsup would write `http` for `node:http`, which Deno and Workers don't know.
  removeNodeProtocol: false,
  dts: true,
  sourcemap: true,
  clean: true,
})
