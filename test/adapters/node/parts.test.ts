import { PassThrough } from 'node:stream'
import type { IncomingMessage } from 'node:http'
import { describe, expect, test, vi } from 'vitest'
import { NodeHeaders, NodeParts } from '../../../adapters/lib/node-parts.ts'
import { Room } from '../../../adapters/lib/room.ts'
import { deferred } from '../../support/inboxes.ts'

/** A request whose body comes as it is written to the stream. */
function open(bytes: number) {
  const stream = new PassThrough()
  const message = Object.assign(stream, {
    headers: {},
    rawHeaders: [],
  }) as object as IncomingMessage
  const { promise: place, resolve: admit } = deferred<boolean>()
  const leave = vi.fn()
  const room = new Room(bytes)
  const parts = new NodeParts(message, new NodeHeaders(message), {
    readForwarded: () => ({ origin: 'https://example.com', clientAddress: undefined }),
    enter: () => place,
    leave,
    room,
  })
  return { stream, parts, room, admit, leave }
}

const OVERLOADED = expect.objectContaining({ code: 'ERR_OVERLOADED' }) as Error

describe('a request that is answered before its body is there', () => {
  test('is late by its sender, as long as that sends', () => {
    const { parts } = open(100)
    void parts.readBody(100)
    expect(parts.cancel()).toBeUndefined()
  })

  test('is late by the host, once it waits for a place, and gives back what it gets then', async () => {
    const { stream, parts, room, admit, leave } = open(100)
    const body = parts.readBody(100)
    stream.end('x'.repeat(60))
    await vi.waitFor(() => expect(parts.cancel()).toEqual(OVERLOADED))
    expect(room.take(60)).toBe(false)
    parts.release()
    expect(leave).not.toHaveBeenCalled()
    expect(room.take(60)).toBe(true)
    admit(true)
    await expect(body).rejects.toEqual(OVERLOADED)
    expect(leave).toHaveBeenCalledOnce()
  })

  test('keeps no more of it', async () => {
    const { stream, parts, room } = open(100)
    const body = parts.readBody(100)
    stream.write('x'.repeat(60))
    await vi.waitFor(() => expect(room.take(60)).toBe(false))
    parts.release()
    stream.write('x'.repeat(10))
    await expect(body).rejects.toEqual(OVERLOADED)
    expect(room.take(100)).toBe(true)
  })

  test('may be larger than the room where nothing else is kept', async () => {
    const { stream, parts, room, admit } = open(100)
    const body = parts.readBody(1000)
    stream.write('x'.repeat(60))
    stream.write('x'.repeat(60))
    stream.end('x'.repeat(60))
    admit(true)
    expect(await body).toHaveLength(180)
    expect(room.take(1, 0)).toBe(false)
    parts.release()
    expect(room.take(1)).toBe(true)
    const { parts: second } = open(0)
    expect(() => second.hold(1)).toThrow(OVERLOADED)
  })

  test('gives its place back once it had one', async () => {
    const { stream, parts, admit, leave } = open(100)
    const body = parts.readBody(100)
    stream.end('x')
    admit(true)
    await body
    expect(leave).not.toHaveBeenCalled()
    parts.release()
    expect(leave).toHaveBeenCalledOnce()
  })
})
