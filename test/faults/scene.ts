/** A single fault on a small stage: a folder, a store in it, receivers, and deliveries one by one. Gone after the test. */
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { fromGitHub } from '../support/senders.ts'
import { send, type Answered } from './client.ts'
import type { Order, ReceiverConfig } from './receiver-config.ts'
import { Receiver, type Launch } from './receiver.ts'
import { readSink, type SinkLine } from './sink.ts'
import { queryFile } from './sqlite-file.ts'
import { createFolder } from './stores.ts'
import { until } from './waiting.ts'

export interface Scene {
  readonly folder: string
  readonly file: string
  readonly config: ReceiverConfig
  start(changes?: Partial<ReceiverConfig>, launch?: Launch): Promise<Receiver>
  launch(changes?: Partial<ReceiverConfig>, launch?: Launch): Receiver
  /** What the effects wrote, of one delivery or of all. */
  lines(id?: string): readonly SinkLine[]
  /** The attempts that began, and those that ended. */
  attempts(id: string, what?: SinkLine['what']): readonly number[]
  done(id: string): Promise<void>
  /** How many deliveries the store has in a state: 0 to be done, 1 done, 2 given up. */
  count(state: 0 | 1 | 2): number
}

/** @param changes what the receivers of this scene are told, beside where things are */
export function createScene(
  changes: Partial<ReceiverConfig> = {},
  folder: { readonly path: string; remove(): void } = createFolder(),
): Scene {
  const sinkFolder = createFolder()
  const receivers: Receiver[] = []
  onTestFinished(async () => {
    for (const receiver of receivers) receiver.signal('SIGKILL')
    await Promise.all(receivers.map(({ exit }) => exit))
    folder.remove()
    sinkFolder.remove()
  })
  const file = join(folder.path, 'inbox.db')
  // Not beside the store: a disk may be full.
  const sink = join(sinkFolder.path, 'sink')
  const config: ReceiverConfig = { engine: 'sqlite', store: file, sink, ...changes }

  const scene: Scene = {
    folder: folder.path,
    file,
    config,
    launch(more, launch) {
      const receiver = Receiver.launch({ ...config, ...more }, launch)
      receivers.push(receiver)
      return receiver
    },
    async start(more, launch) {
      const receiver = scene.launch(more, launch)
      await receiver.ready()
      return receiver
    },
    lines: (id) => readSink(sink).filter((line) => id === undefined || line.id === id),
    attempts: (id, what = 'start') =>
      scene
        .lines(id)
        .filter((line) => line.what === what)
        .map(({ attempt }) => attempt),
    done: (id) => until(`${id} is done`, () => scene.attempts(id, 'done').length > 0),
    count: (state) =>
      Number(
        queryFile(config.store, `SELECT count(*) AS value FROM inbox WHERE state = ${state}`) ?? 0,
      ),
  }
  return scene
}

/** Sends a genuine delivery once. */
export function post(
  { port }: Receiver,
  id: string,
  order: Order = {},
  padding = '',
): Promise<Answered> {
  return send(port, fromGitHub({ id, body: JSON.stringify({ ...order, padding }) }))
}

/** Sends many, so many at a time, and returns how often there was which answer. */
export async function postMany(
  receiver: Receiver,
  ids: readonly string[],
  order: Order = {},
  lanes = 32,
): Promise<readonly Answered[]> {
  const answers: Answered[] = []
  const rest = [...ids]
  const lane = async () => {
    for (let id = rest.shift(); id !== undefined; id = rest.shift()) {
      answers.push(await post(receiver, id, order))
    }
  }
  await Promise.all(Array.from({ length: lanes }, lane))
  return answers
}

/** Sends each until it is acknowledged: who is slow turns some away, or has been a moment before. */
export async function postUntilAccepted(receiver: Receiver, ids: readonly string[]): Promise<void> {
  const rest = [...ids]
  const lane = async () => {
    for (let id = rest.shift(); id !== undefined; id = rest.shift()) {
      const one = id
      await until('it is acknowledged', async () => accepted(await post(receiver, one)))
    }
  }
  await Promise.all(Array.from({ length: 20 }, lane))
}

export const idsOf = (prefix: string, count: number): readonly string[] =>
  Array.from({ length: count }, (_, index) => `${prefix}-${index}`)

export const accepted = ({ status }: Answered): boolean => status >= 200 && status < 300

/** The contract for whatever is no fault of the sender. */
export const turnedAway = ({ status, retryAfter }: Answered): boolean =>
  status === 503 && retryAfter !== undefined
