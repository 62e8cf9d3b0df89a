/** Signs a delivery as its sender would and brings it to a running receiver: `npm run send -- github push`. */
import { sign } from 'webhook-target/testing'
import { parseCommand, USAGE, UsageError, type SendCommand } from './command.ts'
import { findSecret } from './secrets.ts'

async function toRequest({ sender, event, url, data, ...given }: SendCommand): Promise<Request> {
  const secret = given.secret ?? findSecret(sender.secretName, process.env)
  if (!secret) {
    throw new UsageError(
      `No secret: set ${sender.secretName}, pass --secret, or run npm start first, which makes one up`,
    )
  }
  const body = data ?? sender.sample(event)
  return sign(sender.provider(secret), { url, headers: sender.headers(event), body })
}

/** Sends a request and prints both directions. True if it was acknowledged. */
async function deliver(request: Request, event: string): Promise<boolean> {
  const { size } = await request.clone().blob()
  console.log(`-> ${request.method} ${request.url}  ${event}  ${size} bytes`)
  const startedAt = performance.now()
  const response = await fetch(request, { redirect: 'manual' })
  const text = await response.text()
  const ms = (performance.now() - startedAt).toFixed(1)
  console.log(['<-', response.status, response.statusText, ` ${ms} ms`, text].join(' ').trimEnd())
  return response.ok
}

async function send(args: readonly string[]): Promise<number> {
  const command = parseCommand(args)
  if (!command) {
    console.log(USAGE)
    return 0
  }
  const request = await toRequest(command)
  let acknowledged = true
  for (let sent = 0; sent <= command.duplicates; sent++) {
    acknowledged = (await deliver(request.clone(), command.event)) && acknowledged
  }
  return acknowledged ? 0 : 1
}

/** Exit codes and what is said to them. */
function explain(error: unknown): number {
  if (error instanceof UsageError || error instanceof RangeError) {
    console.error(`${error.message}\nnpm run send -- --help`)
    return 2
  }
  const { code, message } = ((error as Error).cause ?? error) as NodeJS.ErrnoException
  console.error(
    code === 'ECONNREFUSED'
      ? 'Nothing listens there; start the receiver with npm start, or name its URL with --url'
      : `The delivery failed: ${message}`,
  )
  return 1
}

process.exitCode = await send(process.argv.slice(2)).catch(explain)
