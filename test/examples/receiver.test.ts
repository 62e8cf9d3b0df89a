import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest'
import { parseCommand } from '../../examples/receiver/command.ts'
import { run, type Child } from './child.ts'

// Every command is a process of its own.
vi.setConfig({ testTimeout: 30_000, hookTimeout: 30_000 })

const SERVER = 'examples/receiver/server.ts'
const folder = mkdtempSync(join(tmpdir(), 'receiver-'))
const WEBHOOK_SECRETS_FILE = join(folder, 'secrets')
const env = { WEBHOOK_SECRETS_FILE, PORT: '0', WEBHOOK_INBOX_FILE: join(folder, 'inbox.db') }

let server: Child
let url: string

beforeAll(async () => {
  server = run(SERVER, { env })
  url = (await server.printed(/^ready (\S+) /m))[1]!
})

afterAll(async () => {
  server.kill('SIGTERM')
  expect(await server.exit).toBe(0)
  rmSync(folder, { recursive: true })
})

async function send(args: string, more: Record<string, string> = {}) {
  const command = run('examples/receiver/send.ts', {
    args: args.split(' '),
    env: { ...env, ...more },
  })
  return { code: await command.exit, output: command.output() }
}

/** What the server has printed since it was asked before. */
let seen = 0
async function printedSince(pattern: RegExp): Promise<string> {
  await server.printed(new RegExp(`(?<=^[^]{${seen}}[^]*)${pattern.source}`, 'm'))
  const text = server.output().slice(seen)
  seen = server.output().length
  return text
}

describe('a delivery is signed, verified and worked on', () => {
  test.each([
    [
      'github push',
      /^<- 200 OK/m,
      /handler: Codertocat pushed 1 to refs\/heads\/master of Codertocat\/Hello-World\n/,
      /^github  push  [-\w]{36}  verified hmac-sha256 with GITHUB_WEBHOOK_SECRET  done  200  [\d.]+ ms$/m,
    ],
    [
      'github pull_request.opened',
      /^<- 200 OK/m,
      /handler: opened "Update the README/,
      /verified hmac-sha256 with GITHUB_WEBHOOK_SECRET  done  200/,
    ],
    [
      'slack',
      /^<- 200 OK/m,
      /slack  app_mention  handler: seen/,
      /verified hmac-sha256 with SLACK_SIGNING_SECRET  done  200/,
    ],
    [
      'slack /deploy',
      /^<- 200 OK .*"text":"Deploying"/m,
      /slack  \/deploy  handler: answered/,
      /verified hmac-sha256 with SLACK_SIGNING_SECRET  replied  200/,
    ],
    [
      'stripe payment_intent.succeeded',
      /^<- 200 OK/m,
      /handler: booked 2000 in the smallest unit of eur/,
      /verified hmac-sha256 with STRIPE_WEBHOOK_SECRET  done  200/,
    ],
    [
      'token',
      /^<- 200 OK/m,
      /token  order\.paid  handler: done/,
      /verified any-of\(shared-secret, shared-secret\) with TOKEN_WEBHOOK_SECRET  done  200/,
    ],
    [
      'token-in-payload refund',
      /^<- 200 OK/m,
      /token  refund  handler: done/,
      /with TOKEN_WEBHOOK_SECRET  done  200/,
    ],
  ])('%s', async (command, answer, handled, verified) => {
    const { code, output } = await send(`${command} --url ${url}`)
    expect(output).toMatch(answer)
    expect(code).toBe(0)
    const log = await printedSince(verified)
    expect(log).toMatch(handled)
  })

  test.each([
    [
      'slack url_verification',
      /^<- 200 OK .*\{"challenge":"\w{16}"\}$/m,
      /^slack  challenge  200/m,
    ],
    ['token challenge', /^<- 200 OK .* \w{16}$/m, /^token  challenge  200/m],
    ['token-in-payload challenge', /^<- 200 OK .* \w{16}$/m, /^token  challenge  200/m],
  ])('%s is answered', async (command, answer, line) => {
    expect((await send(`${command} --url ${url}`)).output).toMatch(answer)
    await printedSince(line)
  })

  test('a challenge needs no secret at a sender whose secret may be in the payload', async () => {
    const response = await fetch(`${url}/token`, { method: 'POST', body: '{"challenge":"a1b2"}' })
    expect(await response.text()).toBe('a1b2')
    await printedSince(/^token  challenge  200/)
  })

  test('the duplicates of a delivery are acknowledged and not worked on', async () => {
    const { code, output } = await send(`github push --duplicate 2 --url ${url}`)
    expect(output.match(/^<- 200/gm)).toHaveLength(3)
    expect(code).toBe(0)
    const log = await printedSince(/duplicate  200[^]+duplicate  200/)
    expect(log.match(/handler:/g)).toHaveLength(1)
  })

  test('a file is sent byte for byte', async () => {
    const data = join(folder, 'push.json')
    writeFileSync(data, '{ "ref": "refs/tags/v1.0",  "n": 1.0 }\n')
    const { output } = await send(`github push --data ${data} --url ${url}`)
    expect(output).toMatch(/ 39 bytes\n<- 200/)
    await printedSince(/dropped \(refs\/tags\/v1\.0 is no branch\)  200/)
  })
})

describe('a forged delivery is refused, and the log says why', () => {
  test.each([
    [
      'github push',
      /github  not verified  refused  401  .*ERR_SIGNATURE_MISMATCH: .*secret of another endpoint/,
    ],
    ['token-in-payload', /token  not verified  refused  401  .*ERR_CREDENTIAL_MISMATCH/],
  ])('%s', async (command, line) => {
    const { code, output } = await send(`${command} --secret another --url ${url}`)
    expect(output).toMatch(/^<- 401 Unauthorized +[\d.]+ ms$/m)
    expect(code).toBe(1)
    expect(await printedSince(line)).not.toMatch(/handler:/)
  })
})

test.each([
  [undefined, 'http://localhost:8080/github'],
  ['', 'http://localhost:8080/github'],
  ['18181', 'http://localhost:18181/github'],
])('with PORT=%s it sends to %s', (PORT, target) => {
  expect(parseCommand(['github', 'push'], { PORT })?.url).toBe(target)
  const url = ['--url', 'https://example.com']
  expect(parseCommand(['github', ...url], { PORT })?.url).toBe('https://example.com/github')
})

describe('the sender says what is wrong with a command', () => {
  test.each([
    ['gitlob push', /Unknown provider gitlob; there are: github, slack, stripe, token/],
    ['toString', /Unknown provider toString/],
    ['github push --url localhost', /--url takes an http or https URL/],
    ['github push --duplicate many', /--duplicate takes a number/],
    ['github push --data /none/such', /--data: ENOENT/],
    ['github push --sekret x', /Unknown option '--sekret'/],
    ['github push pull_request', /One event at a time/],
  ])('%s', (command, text) => {
    expect(() => parseCommand(command.split(' '))).toThrow(text)
  })

  test('an event without an example names those there are, and ends with 2', async () => {
    const { code, output } = await send('github pusch')
    expect(output).toMatch(/No example of the GitHub event pusch; there are: .*push/)
    expect(code).toBe(2)
  })

  test('a receiver that does not run is said not to, and ends with 1', async () => {
    const free = createServer().listen(0, '127.0.0.1')
    await once(free, 'listening')
    const { port } = free.address() as AddressInfo
    free.close()
    await once(free, 'close')
    const { code, output } = await send(`github push --url http://127.0.0.1:${port}`)
    expect(output).toMatch(/Nothing listens there; start .* npm start/)
    expect(code).toBe(1)
  })

  test('--help is no error', async () => {
    const { code, output } = await send('--help')
    expect(output).toMatch(/^Usage: npm run send -- PROVIDER/)
    expect(code).toBe(0)
  })

  test('without a secret it does not make one up', async () => {
    const more = { WEBHOOK_SECRETS_FILE: join(folder, 'none') }
    const { code, output } = await send(`github push --url ${url}`, more)
    expect(output).toMatch(/No secret: set GITHUB_WEBHOOK_SECRET, pass --secret, or run npm start/)
    expect(code).toBe(2)
  })
})

describe('secrets', () => {
  const saved = () => readFileSync(WEBHOOK_SECRETS_FILE, 'utf8')

  test('are printed once, when they are made, and kept for the owner alone', () => {
    const printed = [...server.output().matchAll(/^(\w+=\w+) is made up, and kept in/gm)]
    expect(printed).toHaveLength(4)
    expect(printed.map(([, pair]) => pair).join('\n')).toBe(saved().trimEnd())
    expect(saved()).toMatch(/^STRIPE_WEBHOOK_SECRET=whsec_\w{48}$/m)
    expect(statSync(WEBHOOK_SECRETS_FILE).mode & 0o777).toBe(0o600)
  })

  test('are used again by a second start, which prints none of them', async () => {
    const before = saved()
    const second = run(SERVER, { env })
    const [, secondUrl] = await second.printed(/^ready (\S+) /m)
    expect(
      second.output().match(new RegExp(`^\\w+ is from ${WEBHOOK_SECRETS_FILE}$`, 'gm')),
    ).toHaveLength(4)
    for (const [, secret] of before.matchAll(/=(.+)/g))
      expect(second.output()).not.toContain(secret)
    expect(saved()).toBe(before)
    expect((await send(`github push --url ${secondUrl}`)).code).toBe(0)
    second.kill('SIGTERM')
    expect(await second.exit).toBe(0)
  })

  test('of the environment come first, and only the missing ones are made', async () => {
    const file = join(folder, 'other')
    writeFileSync(file, 'GITHUB_WEBHOOK_SECRET=of-the-file\n')
    const more = { WEBHOOK_SECRETS_FILE: file, GITHUB_WEBHOOK_SECRET: 'granted' }
    const third = run(SERVER, { env: { ...env, ...more } })
    const [, thirdUrl] = await third.printed(/^ready (\S+) /m)
    expect(third.output().match(/ is made up/g)).toHaveLength(3)
    expect(third.output()).toMatch(/^GITHUB_WEBHOOK_SECRET is from the environment$/m)
    expect(third.output()).not.toContain('granted')
    expect((await send(`github push --url ${thirdUrl} --secret granted`)).code).toBe(0)
    third.kill('SIGTERM')
    await third.exit
  })
})

test('npm start ends with npm, and leaves no server behind', async () => {
  // In a group of its own, so that what is left behind can be found.
  const npm = spawn('npm', ['start'], {
    detached: true,
    env: { ...env, PATH: process.env['PATH'] },
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  const group = -npm.pid!
  onTestFinished(() => {
    if (isAlive(group)) process.kill(group, 'SIGKILL')
  })
  const exit = once(npm, 'exit')
  let output = ''
  npm.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()))
  await vi.waitFor(() => expect(output).toMatch(/^ready /m), 15_000)
  npm.kill('SIGTERM')
  await exit
  await vi.waitFor(() => expect(isAlive(group)).toBe(false), 5000)
})

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

test('a taken port is said to be taken', async () => {
  const port = new URL(url).port
  const late = run(SERVER, { env: { ...env, PORT: port } })
  expect(await late.exit).toBe(1)
  expect(late.output()).toMatch(/port is taken; choose another one: PORT=8081 npm start/)
})

test('what was acknowledged survives SIGKILL', async () => {
  const survive = run('examples/receiver/survive.ts')
  expect([await survive.exit, survive.output()]).toEqual([
    0,
    expect.stringMatching(/^All 5 are done$/m),
  ])
  expect(survive.output()).toMatch(/^5 are acknowledged, none is done/m)
})
