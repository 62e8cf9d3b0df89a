import type { Server } from 'node:http'
import type { Duplex } from 'node:stream'
import { configurationError } from '../../src/errors.ts'

/** The port of the environment, as Knative's contract has it. */
export function portOf({ PORT }: NodeJS.ProcessEnv): number {
  if (PORT === undefined || PORT === '') return 8080
  if (/^\d{1,5}$/.test(PORT)) return Number(PORT)
  throw configurationError('ERR_OPTION_INVALID', 'The environment variable PORT is no port')
}

/** Rejects with the system's error: `EADDRINUSE`, `EACCES`. */
export function listen(server: Server, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, () => {
      server.off('error', reject)
      resolve()
    })
  })
}

const STATUS_LINES: Readonly<Record<string, string>> = {
  HPE_HEADER_OVERFLOW: '431 Request Header Fields Too Large',
  ERR_HTTP_REQUEST_TIMEOUT: '408 Request Timeout',
}

/** The time in which a sender hears why, and hangs up itself: to be cut off at once could lose it the answer. */
const FAREWELL_MS = 1000

/** Answers what node:http could not read as a request, with a status and nothing else. */
export function refuseUnreadable(error: NodeJS.ErrnoException, socket: Duplex): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy()
    return
  }
  const status = STATUS_LINES[error.code ?? ''] ?? '400 Bad Request'
  socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`)
  // Nobody else looks at it any more, and who is gone without a word never hangs up.
  setTimeout(() => socket.destroy(), FAREWELL_MS).unref()
}
