import type { EngineInbox, Engine, InboxRecord } from 'webhook-target/inbox'

/** An inbox whose engine does some things in another way. */
export function patched(inbox: EngineInbox, changes: Partial<Engine>): EngineInbox {
  Object.assign(inbox.engine, changes)
  return inbox
}

/** The records that an inbox is given, before it stores them. */
export function recorded(inbox: EngineInbox): readonly InboxRecord[] {
  const records: InboxRecord[] = []
  const put = inbox.engine.put.bind(inbox.engine)
  patched(inbox, {
    put(record, options) {
      records.push(record)
      return put(record, options)
    },
  })
  return records
}

/** A promise and what settles it. */
export function deferred<Value = void>() {
  let resolve!: (value: Value) => void
  const promise = new Promise<Value>((settle) => (resolve = settle))
  return { promise, resolve }
}
