/** Connections whose senders do nothing more, or too little, and never hang up. */
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { Agent } from 'node:http'
import { connect, type Socket } from 'node:net'
import { onTestFinished } from 'vitest'
import type { Answered } from './client.ts'

export interface IdleConnection {
  /** Whether the server has answered, hung up, or broken off. */
  readonly answered: boolean
  readonly ended: boolean
  readonly socket: Socket
}

/** As many, each with the same beginning of a request, and each until the test is over. */
export async function openIdle(
  port: number,
  count: number,
  beginning: string,
): Promise<readonly IdleConnection[]> {
  const opened: IdleConnection[] = []
  onTestFinished(() => {
    for (const { socket } of opened) socket.destroy()
  })
  // No more at once than the queue of a listening socket takes.
  while (opened.length < count) {
    const some = Array.from({ length: Math.min(200, count - opened.length) }, () => open(port))
    opened.push(...some)
    await Promise.all(
      some.map(async ({ socket }) => {
        // One that is turned away may have failed by now.
        if (socket.connecting) await once(socket, 'connect').catch(() => {})
        if (socket.writable && beginning !== '') socket.write(beginning)
      }),
    )
  }
  return opened
}

function open(port: number): IdleConnection {
  const state = {
    answered: false,
    ended: false,
    // It must not hang up because the server does.
    socket: connect({ host: '127.0.0.1', port, allowHalfOpen: true }),
  }
  const end = () => void (state.ended = true)
  state.socket.on('data', () => void (state.answered = true))
  state.socket.on('end', end).on('close', end).on('error', end)
  return state
}

/** One that is answered, and then kept. */
export const HEALTH = 'GET /health HTTP/1.1\r\nhost: localhost\r\n\r\n'

/** For deliveries that all take the same connection. */
export function oneConnection(): Agent {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  onTestFinished(() => agent.destroy())
  return agent
}

/** Milliseconds that so many of a hundred answers took at most. */
export function percentile(answers: readonly Answered[], percent: number): number {
  const sorted = answers.map(({ ms }) => ms).toSorted((a, b) => a - b)
  return sorted[Math.ceil((sorted.length * percent) / 100) - 1]!
}

/** How many files and sockets a process may have open here. */
export function maxFiles(): number {
  const limits = readFileSync('/proc/self/limits', 'utf8')
  return Number(/^Max open files\s+\S+\s+(\d+)/m.exec(limits)?.[1] ?? Infinity)
}
