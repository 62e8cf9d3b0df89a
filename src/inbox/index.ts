export { createInbox } from './inbox.ts'

export type {
  Attempt,
  Capabilities,
  DeadLetter,
  Engine,
  InboxRecord,
  PushedWork,
  PushSide,
  PutOptions,
  RecordSelection,
  ReplayOptions,
  ReplaySelection,
  Run,
  Verdict,
  Worker,
  WorkOptions,
} from './engine.ts'
export type { EngineInbox } from './inbox.ts'
export type { KeyClaim, KeyRelease, KeyStore, KeyTimes } from './keys.ts'
export type { InboxOptions } from './options.ts'
