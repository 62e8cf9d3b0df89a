/** A network between a receiver and its server that can be slow, or lose the answers. */
import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net'

type State = 'open' | 'held' | 'cut'

export class TcpProxy {
  /** What the receiver is told in place of the address of the server. */
  readonly address: string
  readonly #server: Server
  readonly #sockets = new Set<Socket>()
  readonly #held: (() => void)[] = []
  #state: State = 'open'

  private constructor(server: Server, address: string) {
    this.#server = server
    this.address = address
  }

  /** @param address a URL, or a port of this machine */
  static async to(address: string): Promise<TcpProxy> {
    const port = Number(/^\d+$/.test(address) ? address : new URL(address).port)
    const server = createServer({ allowHalfOpen: false })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const own = (server.address() as AddressInfo).port
    const proxy = new TcpProxy(server, address.replace(String(port), String(own)))
    server.on('connection', (client) => proxy.#join(client, port))
    return proxy
  }

  /** What arrives from now on waits, in both directions. */
  hold(): void {
    this.#state = 'held'
  }
  /** What is asked arrives, but the connection is cut in place of the answer. */
  cutAnswers(): void {
    this.#state = 'cut'
  }
  release(): void {
    this.#state = 'open'
    for (const pass of this.#held.splice(0)) pass()
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    this.#server.close()
    await once(this.#server, 'close')
  }

  #join(client: Socket, port: number): void {
    const server = connect(port, '127.0.0.1')
    const pass = (from: Socket, to: Socket, isAnswer: boolean) => {
      from.on('data', (bytes) => {
        if (this.#state === 'cut' && isAnswer) return void client.destroy()
        if (this.#state === 'held') this.#held.push(() => to.write(bytes))
        else to.write(bytes)
      })
      from.on('error', () => to.destroy())
      from.on('close', () => {
        this.#sockets.delete(from)
        to.destroy()
      })
      this.#sockets.add(from)
    }
    pass(client, server, false)
    pass(server, client, true)
  }
}
