/** The load where wrk is not installed: `socket-client.ts PORT CONNECTIONS SECONDS`, as its environment says. */
import { readFileSync } from 'node:fs'
import { connect } from 'node:net'
import { rawRequest } from './deliveries.ts'

const [port, connections, seconds] = process.argv.slice(2).map(Number) as [number, number, number]
const idPrefix = process.env['BENCH_ID_PREFIX'] ?? ''
const body = readFileSync(process.env['BENCH_BODY']!)
const headers = Object.fromEntries(
  readFileSync(process.env['BENCH_HEADERS']!, 'utf8')
    .trim()
    .split('\n')
    .map((line) => line.split(/:\s*/, 2) as [string, string]),
)
const message = rawRequest(port, headers, body)

let sent = 0
let answered = 0
let failed = 0

function nextRequest(): Buffer {
  if (idPrefix === '') return message
  return rawRequest(port, { ...headers, 'X-GitHub-Delivery': idPrefix + sent++ }, body)
}

function openConnection(): void {
  const socket = connect(port, '127.0.0.1', () => socket.write(nextRequest()))
  socket.setNoDelay(true)
  let text = ''
  socket.on('data', (chunk) => {
    text += chunk.toString('latin1')
    const length = answerLength(text)
    if (length === undefined || text.length < length) return
    answered++
    if (text[9] !== '2') failed++
    text = text.slice(length)
    socket.write(nextRequest())
  })
  socket.on('error', () => failed++)
}

/** The length of the answer that a text begins with, `undefined` while its head is not whole. */
function answerLength(text: string): number | undefined {
  const end = text.indexOf('\r\n\r\n')
  if (end < 0) return undefined
  const head = text.slice(0, end).toLowerCase()
  if (/\r\ntransfer-encoding: chunked/.test(head)) {
    const last = text.indexOf('0\r\n\r\n', end)
    return last < 0 ? undefined : last + 5
  }
  return end + 4 + Number(/\r\ncontent-length: *(\d+)/.exec(head)?.[1] ?? 0)
}

for (let i = 0; i < connections; i++) openConnection()
setTimeout(() => {
  console.log(`ANSWERED ${answered} FAILED ${failed}`)
  process.exit(0)
}, seconds * 1000)
