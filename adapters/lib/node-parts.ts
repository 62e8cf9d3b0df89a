/** The parts of a Node request as the core takes them, and the way back. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { bodyTooLarge } from '../../src/delivery.ts'
import { WebhookError } from '../../src/errors.ts'
import { after } from '../../src/lib/awaitable.ts'
import { EMPTY } from '../../src/lib/bytes.ts'
import type { Awaitable, HeaderFields, IncomingParts, ReplyParts } from '../../src/types.ts'
import { RETRY_AFTER_SECONDS } from './gate.ts'
import type { Room } from './room.ts'
import type { Forwarded, ReadForwarded } from './trusted-proxy.ts'

/** Header fields as node:http has parsed them already. */
export class NodeHeaders implements HeaderFields {
  readonly #message: IncomingMessage
  #allDifferent: boolean | undefined

  constructor(message: IncomingMessage) {
    this.#message = message
  }

  get(name: string): string | null {
    const value = this.#message.headers[name]
    if (typeof value === 'string') return value
    // Some schemes ask for names of the request's choice, and a prototype has some too.
    return Array.isArray(value) ? value.join(', ') : null
  }
  /** node:http joins or drops repeated fields; only the raw list tells. */
  repeated(name: string): boolean {
    const { rawHeaders, headers } = this.#message
    this.#allDifferent ??= Object.keys(headers).length * 2 === rawHeaders.length
    if (this.#allDifferent) return false
    let found = false
    for (let i = 0; i < rawHeaders.length; i += 2) {
      const raw = rawHeaders[i]!
      if (raw.length !== name.length || raw.toLowerCase() !== name) continue
      if (found) return true
      found = true
    }
    return false
  }
  *[Symbol.iterator](): IterableIterator<[string, string]> {
    for (const name of Object.keys(this.#message.headers)) yield [name, this.get(name)!]
  }
}

/** What all requests of a server share. */
export interface Surroundings {
  /** Whom to believe about the way a request took; asked when the origin or address is wanted. */
  readonly readForwarded: ReadForwarded
  /** Asked once a body is there: a slow sender must not take a place from those who have sent all. */
  readonly enter?: (once?: boolean) => Awaitable<boolean>
  /** Gives a place back. */
  readonly leave?: () => void
  /** The room for bodies that come in pieces, of all requests together. */
  readonly room?: Room
}

export interface NodePartsOptions {
  /** The path as it was on the request line, where a framework has changed `message.url`. */
  readonly target?: string
  /** Runs once the body is wanted: the answer to `Expect: 100-continue`. */
  readonly beforeBody?: (() => void) | undefined
}

/** A request of node:http whose body nothing has read. */
export class NodeParts implements IncomingParts {
  readonly method: string
  readonly target: string
  readonly headers: NodeHeaders
  readonly arrivedAt: number = performance.now()
  /** Whether it has been given a place. */
  hasPlace = false
  /** Bytes of its body that are kept. */
  #heldBytes = 0
  #waitsForPlace = false
  #released = false
  readonly #message: IncomingMessage
  readonly #surroundings: Surroundings
  readonly #beforeBody: (() => void) | undefined
  #forwarded: Forwarded | undefined

  constructor(
    message: IncomingMessage,
    headers: NodeHeaders,
    surroundings: Surroundings,
    options?: NodePartsOptions,
  ) {
    this.method = message.method ?? 'GET'
    this.target = options?.target ?? message.url ?? '/'
    this.headers = headers
    this.#message = message
    this.#surroundings = surroundings
    this.#beforeBody = options?.beforeBody
  }

  get origin(): string {
    return this.#readForwarded().origin
  }
  get clientAddress(): string | undefined {
    return this.#readForwarded().clientAddress
  }

  readBody(maxBytes: number, once?: boolean): Awaitable<Uint8Array> {
    this.#beforeBody?.()
    const hold = (bytes: number) => this.hold(bytes, maxBytes < Infinity)
    const body = take(this.#message, { maxBytes, hold })
    return this.#surroundings.enter ? after(body, (bytes) => this.#enter(bytes, once)) : body
  }

  /** The body as it comes: no more is taken from the sender than is read here, and nothing of it is counted. */
  stream(): ReadableStream<Uint8Array> {
    let chunks: AsyncIterator<Uint8Array, undefined> | undefined
    const open = () => {
      this.#beforeBody?.()
      return this.#message.iterator({ destroyOnReturn: false }) as typeof chunks & {}
    }
    return new ReadableStream(
      {
        async pull(controller) {
          const { value } = await (chunks ??= open()).next()
          if (value) controller.enqueue(value)
          else controller.close()
        },
        // Not destroyed: the answer goes out over the same socket.
        cancel: () => void chunks?.return?.().catch(() => undefined),
      },
      { highWaterMark: 0 },
    )
  }

  /**
   * Takes room for bytes that are to be kept.
   *
   * @param isLimited whether something else says how many they may become
   * @throws {WebhookError} `ERR_OVERLOADED`
   */
  hold(bytes: number, isLimited = false): void {
    const { room } = this.#surroundings
    if (!room) return
    if (this.#released || !room.take(bytes, isLimited ? this.#heldBytes : undefined))
      throw overloaded('The bodies of other deliveries take all of maxBufferedBytes')
    this.#heldBytes += bytes
  }

  cancel(): WebhookError | void {
    if (this.#waitsForPlace) return overloaded(NO_PLACE)
  }

  giveWay(): void {
    if (this.hasPlace) this.#surroundings.leave?.()
    this.hasPlace = false
  }

  /** Gives back its place and its room: it is answered. What comes of its body after that gets neither. */
  release(): void {
    this.#released = true
    this.#surroundings.room?.giveBack(this.#heldBytes)
    this.giveWay()
  }

  #enter(body: Uint8Array, once: boolean | undefined): Awaitable<Uint8Array> {
    const { enter, leave } = this.#surroundings
    this.#waitsForPlace = true
    return after(enter!(once), (admitted) => {
      this.#waitsForPlace = false
      this.hasPlace = admitted
      if (admitted && !this.#released) return body
      if (admitted) leave?.()
      throw overloaded(NO_PLACE)
    })
  }

  #readForwarded(): Forwarded {
    const { readForwarded } = this.#surroundings
    return (this.#forwarded ??= readForwarded(this.#message.socket.remoteAddress, this.headers))
  }
}

interface BodyLimits {
  readonly maxBytes: number
  /**
   * Told of bytes before they are kept. Throws if there is no room. Not of those that are there at once: they are
   * few, and must not suffer from senders who fill the room with bodies that never end.
   */
  readonly hold: (bytes: number) => void
}

/** Marks a message whose body was taken whole, for the parser says that it is complete a turn later. */
const TAKEN = Symbol('taken')
type Taken = IncomingMessage & { [TAKEN]?: true }

/**
 * Reads a body whole, counting bytes. One that is there already is taken as it lies, which spares the
 * machinery of a flowing stream.
 *
 * @throws {WebhookError} `ERR_BODY_TOO_LARGE`, `ERR_BODY_INCOMPLETE`, `ERR_OVERLOADED`
 */
function take(message: Taken, limits: BodyLimits): Awaitable<Uint8Array> {
  const untouched = message.readableFlowing === null && !message.destroyed
  if (!untouched || !isThere(message)) return collect(message, limits)
  if (message.readableLength > limits.maxBytes) throw bodyTooLarge(limits.maxBytes)
  message[TAKEN] = true
  return (message.read() as Buffer | null) ?? EMPTY
}

/** Whether the last byte has come. */
function isThere({ complete, readableLength, headers }: IncomingMessage): boolean {
  return complete || readableLength === Number(headers['content-length'])
}

function collect(message: IncomingMessage, { maxBytes, hold }: BodyLimits): Promise<Uint8Array> {
  // Hung up while something waited: no event would come any more.
  if (message.readableAborted) return Promise.reject(incomplete())
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    let length = 0
    message.on('data', (chunk: Buffer) => {
      length += chunk.length
      try {
        if (length > maxBytes) throw bodyTooLarge(maxBytes)
        hold(chunk.length)
        chunks.push(chunk)
      } catch (error) {
        message.pause()
        chunks.length = 0
        reject(error)
      }
    })
    message.on('end', () => {
      resolve(chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks, length))
    })
    // Before `end` it means that the sender hung up, or was cut off for being slow. An `error` comes
    // only to those who listen for it.
    message.on('close', () => {
      if (!message.readableEnded) reject(incomplete())
    })
  })
}

const NO_PLACE = 'No place to work on it became free in time'

const overloaded = (message: string) =>
  new WebhookError('ERR_OVERLOADED', message, { retryAfterSeconds: RETRY_AFTER_SECONDS })

const incomplete = () =>
  new WebhookError('ERR_BODY_INCOMPLETE', 'The sender hung up before the body was whole')

/** Writes an answer. Whatever of the body was not read is not waited for: the connection is closed. */
export function writeReply(response: ServerResponse, { status, headers, body }: ReplyParts): void {
  if (response.headersSent || response.destroyed) return
  closeIfUnread(response)
  // Not writeHead: node:http would not know the length yet, and send even an empty body in chunks.
  response.statusCode = status
  for (const name in headers) response.setHeader(name, headers[name]!)
  response.end(body ?? undefined)
}

/** Whatever of the body was not read is not waited for. */
export function closeIfUnread(response: ServerResponse): void {
  const message: Taken = response.req
  if (!message.complete && !message[TAKEN] && hasBody(message)) response.shouldKeepAlive = false
}

function hasBody({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0
}
