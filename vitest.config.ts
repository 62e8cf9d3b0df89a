import { defineConfig } from 'vitest/config'

// Tests and examples import the package by its name, straight from the sources. Not `import`: Node takes
// these conditions for `require` as well, and would give CommonJS packages the wrong files.
const conditions = ['@webhook-target/source', 'node']
/** What a busy machine makes of a property with hundreds of cases. */
const testTimeout = 30_000
const shared = {
  resolve: { conditions },
  ssr: { resolve: { conditions } },
}

export default defineConfig({
  test: {
    coverage: { include: ['src/**/*.ts', 'adapters/**/*.ts'] },
    projects: [
      {
        ...shared,
        test: {
          name: 'unit',
          testTimeout,
          include: ['test/**/*.test.ts'],
          exclude: ['test/{adapters,engines,faults,package,runtimes}/**'],
        },
      },
      {
        // What depends on cryptography, once more without node:crypto.
        ...shared,
        test: {
          name: 'web-crypto',
          testTimeout,
          include: [
            'test/{schemes,providers,challenges,vectors}/**/*.test.ts',
            'test/lib/crypto*.test.ts',
          ],
          setupFiles: ['test/setup/web-crypto.ts'],
        },
      },
      {
        // Real sockets. No msw here: while it listens, HTTP/2 to loopback hangs.
        ...shared,
        test: { name: 'wire', include: ['test/adapters/**/*.test.ts'], testTimeout },
      },
      {
        // Real stores and servers on loopback. One file at a time would be fairer to slow disks, and slower.
        ...shared,
        test: { name: 'engines', include: ['test/engines/**/*.test.ts'], testTimeout: 60_000 },
      },
      {
        // Processes that are killed, frozen, and starved of their disk.
        ...shared,
        test: { name: 'faults', include: ['test/faults/**/*.test.ts'], testTimeout: 60_000 },
      },
      {
        // The packed tarball. It is built and packed once, before the first of these tests.
        test: {
          name: 'package',
          include: ['test/package/**/*.test.ts'],
          globalSetup: ['test/package/pack.ts'],
          testTimeout: 120_000,
        },
      },
    ],
  },
})
