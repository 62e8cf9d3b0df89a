import type { Server, ServerResponse } from 'node:http'

/**
 * Stops a server without cutting anyone off. `server.close()` alone leaves the connections of answers in
 * flight open for their keep-alive time; here each closes as soon as its answer is out.
 */
export class Drain {
  readonly #server: Server
  #closed: Promise<void> | undefined

  constructor(server: Server) {
    this.#server = server
  }

  get draining(): boolean {
    return this.#closed !== undefined
  }

  /** To be called before the head of an answer is written, so that the last on a connection says so. */
  beforeHead(response: ServerResponse): void {
    if (this.draining) response.shouldKeepAlive = false
  }

  /** Refuses new connections, lets what is in flight finish, and cuts the rest off after `graceMs`. */
  close(graceMs: number): Promise<void> {
    this.#closed ??= new Promise((resolve) => {
      const limit = setTimeout(() => this.#server.closeAllConnections(), graceMs)
      this.#server.close(() => {
        clearTimeout(limit)
        resolve()
      })
      this.#server.closeIdleConnections()
    })
    return this.#closed
  }
}
