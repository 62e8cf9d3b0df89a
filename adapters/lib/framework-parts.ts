/**
 * The parts of a request that a framework hands on: its router may have changed the URL, its parsers may
 * have read the body.
 */
import type { IncomingMessage } from 'node:http'
import { bodyTooLarge } from '../../src/delivery.ts'
import { WebhookError } from '../../src/errors.ts'
import { EMPTY } from '../../src/lib/bytes.ts'
import type { Awaitable, ReplyParts } from '../../src/types.ts'
import { NodeHeaders, NodeParts } from './node-parts.ts'
import { isWellFormed } from './request-guard.ts'
import type { ReadForwarded } from './trusted-proxy.ts'

/** What frameworks leave on a request, be it the one of node:http or an object around it. */
export interface FrameworkFields {
  /** The target as on the request line; routers change `url`. */
  readonly originalUrl?: string
  /** The bytes of the body as they came in. */
  readonly rawBody?: unknown
  /** What a parser made of the body. */
  readonly body?: unknown
}

export type FrameworkMessage = IncomingMessage & FrameworkFields

export interface FrameworkPartsOptions {
  /** Where the fields are, if not on the message. */
  readonly fields?: FrameworkFields
  readonly readForwarded: ReadForwarded
  /** For the log: what to change if a parser has taken the body and nobody kept its bytes. */
  readonly remedy: string
}

/** Answers of the host itself. */
export const MALFORMED: ReplyParts = { status: 400, headers: {}, body: null }
export const FAILED: ReplyParts = { status: 500, headers: {}, body: null }

export class FrameworkParts extends NodeParts {
  /** The bytes of the body, if it was read and somebody kept them. */
  readonly kept: Uint8Array | undefined
  readonly #message: IncomingMessage
  readonly #remedy: string

  constructor(message: FrameworkMessage, options: FrameworkPartsOptions) {
    const { fields = message, readForwarded, remedy } = options
    const kept = keptBytes(fields) ?? keptBytes(message)
    const decoded = kept !== undefined && message.headers['content-encoding'] !== undefined
    const headers = decoded ? new DecodedHeaders(message) : new NodeHeaders(message)
    const target = fields.originalUrl ?? message.originalUrl ?? message.url ?? '/'
    super(message, headers, { readForwarded }, { target })
    this.kept = kept
    this.#message = message
    this.#remedy = remedy
  }

  /** Whether the target is a path and there is one Host that names one. */
  get wellFormed(): boolean {
    return isWellFormed({ url: this.target }, this.headers)
  }

  /** @throws {WebhookError} `ERR_BODY_CONSUMED`, and what `take` throws */
  override readBody(maxBytes: number, once?: boolean): Awaitable<Uint8Array> {
    if (this.kept) {
      if (this.kept.length > maxBytes) throw bodyTooLarge(maxBytes)
      return this.kept
    }
    const { readableDidRead, readableEnded } = this.#message
    if (readableDidRead) {
      throw new WebhookError(
        'ERR_BODY_CONSUMED',
        `Something read the body before the handler and kept no copy of its bytes, which the signature needs. ${this.#remedy}`,
      )
    }
    if (readableEnded) return EMPTY // read to its end, and there was nothing
    return super.readBody(maxBytes, once)
  }
}

function keptBytes({ rawBody, body }: FrameworkFields): Uint8Array | undefined {
  if (rawBody instanceof Uint8Array) return rawBody
  // Text can be turned back unless bytes were lost in it.
  if (typeof rawBody === 'string' && !rawBody.includes('\uFFFD')) return Buffer.from(rawBody)
  return body instanceof Uint8Array ? body : undefined
}

/** Fields that describe the bytes on the wire and no longer those that a parser has inflated. */
const OF_THE_WIRE: ReadonlySet<string> = new Set(['content-encoding', 'content-length'])

class DecodedHeaders extends NodeHeaders {
  override get(name: string): string | null {
    return OF_THE_WIRE.has(name) ? null : super.get(name)
  }
  override *[Symbol.iterator](): IterableIterator<[string, string]> {
    for (const field of super[Symbol.iterator]()) if (!OF_THE_WIRE.has(field[0])) yield field
  }
}
