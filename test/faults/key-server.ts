/** A sender's keys at a URL, and tokens of them. */
import { generateKeyPairSync, sign, type KeyObject } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { onTestFinished } from 'vitest'

interface KeyPair {
  readonly publicKey: KeyObject
  readonly privateKey: KeyObject
}

export class KeyServer {
  /** How often the keys were asked for. */
  fetches = 0
  /** `hangs` takes connections, and never answers. */
  state: 'up' | 'fails' | 'hangs' = 'up'
  readonly #pairs = new Map<string, KeyPair>()
  #published: readonly string[] = []
  #server: Server | undefined
  #port = 0

  static async start(): Promise<KeyServer> {
    const keys = new KeyServer()
    await keys.listen()
    onTestFinished(() => keys.close())
    return keys
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}/jwks`
  }

  publish(...kids: readonly string[]): void {
    for (const kid of kids) {
      if (this.#pairs.has(kid)) continue
      this.#pairs.set(kid, generateKeyPairSync('rsa', { modulusLength: 2048 }))
    }
    this.#published = kids
  }

  /** At the same port as before. */
  async listen(): Promise<void> {
    this.#server = createServer((_request, response) => {
      this.fetches++
      if (this.state === 'hangs') return
      if (this.state === 'fails') return void response.writeHead(500).end()
      const keys = this.#published.map((kid) => ({
        ...this.#pairs.get(kid)!.publicKey.export({ format: 'jwk' }),
        kid,
      }))
      response.setHeader('content-type', 'application/json').end(JSON.stringify({ keys }))
    })
    this.#server.listen(this.#port, '127.0.0.1')
    await once(this.#server, 'listening')
    this.#port = (this.#server.address() as AddressInfo).port
  }

  async close(): Promise<void> {
    const server = this.#server
    this.#server = undefined
    if (!server) return
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  }

  /** A token that is good now. @param kid what it names as its key; made up if no such key was ever published */
  sign(kid: string): string {
    const now = Math.floor(Date.now() / 1000)
    const claims = { iss: 'sender', aud: 'https://hooks.example.com/in', iat: now, exp: now + 60 }
    const signed = [{ alg: 'RS256', kid }, claims]
      .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
      .join('.')
    const pair = this.#pairs.get(kid) ?? [...this.#pairs.values()][0]!
    return `${signed}.${sign('sha256', Buffer.from(signed), pair.privateKey).toString('base64url')}`
  }
}
