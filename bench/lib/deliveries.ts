/** What the load sends: GitHub deliveries of a push, as that sender would send them. */
import { createHash, createHmac } from 'node:crypto'

export const SECRET = 'bench-webhook-secret-0123456789'
export const PATH = '/github'

/**
 * A push event of exactly so many bytes of JSON: nested objects, short strings, numbers, booleans.
 *
 * @param members what another sender's events begin with
 */
export function pushEvent(bytes: number, members: object = {}): Buffer {
  const commits: object[] = []
  const event = {
    ...members,
    ref: 'refs/heads/main',
    before: fakeSha(1),
    after: fakeSha(2),
    repository: { id: 123_456_789, full_name: 'acme/demo', private: true, owner: { id: 42 } },
    pusher: { name: 'ada', email: 'ada@example.test' },
    created: false,
    deleted: false,
    commits,
    padding: '',
  }
  const sizeOf = (value: unknown) => Buffer.byteLength(JSON.stringify(value))
  let room = bytes - sizeOf(event)
  for (let number = 0; ; number++) {
    const commit = fakeCommit(number)
    room -= sizeOf(commit) + (number > 0 ? 1 : 0) // and a comma
    if (room < 0) break
    commits.push(commit)
  }
  event.padding = 'x'.repeat(bytes - sizeOf(event))
  return Buffer.from(JSON.stringify(event))
}

function fakeCommit(number: number): object {
  return {
    id: fakeSha(number),
    message: `change ${number}: adjust the parser`,
    distinct: true,
    author: { name: 'Ada', email: 'ada@example.test', username: 'ada' },
    added: [`src/file${number}.ts`],
    removed: [],
    modified: ['README.md'],
  }
}

const fakeSha = (seed: number) => createHash('sha1').update(String(seed)).digest('hex')

/** Another event of the same length: what a forger would put under a genuine signature. */
export function forge(body: Buffer): Buffer {
  return Buffer.from(body.toString().replace('refs/heads/main', 'refs/heads/evil'))
}

export function githubSignature(body: Buffer): string {
  return `sha256=${createHmac('sha256', SECRET).update(body).digest('hex')}`
}

/** The header fields of a GitHub delivery, all of them: parsing them is part of the work. */
export function githubHeaders(body: Buffer): Readonly<Record<string, string>> {
  return {
    'User-Agent': 'GitHub-Hookshot/0bench0',
    Accept: '*/*',
    'Content-Type': 'application/json',
    'X-GitHub-Delivery': '72d3162e-cc78-11e3-81ab-4c9367dc0958',
    'X-GitHub-Event': 'push',
    'X-GitHub-Hook-ID': '292430182',
    'X-GitHub-Hook-Installation-Target-ID': '79929171',
    'X-GitHub-Hook-Installation-Target-Type': 'repository',
    'X-Hub-Signature': `sha1=${createHmac('sha1', SECRET).update(body).digest('hex')}`,
    'X-Hub-Signature-256': githubSignature(body),
  }
}

/** The bytes of a request on the wire. */
export function rawRequest(
  port: number,
  headers: Readonly<Record<string, string>>,
  body: Buffer,
): Buffer {
  const fields = { Host: `127.0.0.1:${port}`, ...headers, 'Content-Length': body.length }
  const lines = Object.entries(fields).map(([name, value]) => `${name}: ${value}\r\n`)
  return Buffer.concat([Buffer.from(`POST ${PATH} HTTP/1.1\r\n${lines.join('')}\r\n`), body])
}
