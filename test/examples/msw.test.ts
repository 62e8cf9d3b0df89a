/** The example is a test itself. */
await import('../../examples/msw/app.test.ts')
