import { memory } from 'webhook-target/engines/memory'
import { testConformance } from './conformance.ts'

let engine = memory().engine

// The store is the engine itself: a second process has no part in it.
await testConformance('memory', {
  create: async () => (engine = memory().engine),
  again: async () => engine,
})
