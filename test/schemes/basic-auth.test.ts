import { basicAuth } from 'webhook-target/schemes/basic-auth'
import { describe, expect, test } from 'vitest'
import { accepted, attempt, refused } from './attempt.ts'

const base64 = (text: string | Uint8Array) => Buffer.from(text).toString('base64')
const missing = refused('ERR_CREDENTIAL_MISSING')
const mismatch = refused('ERR_CREDENTIAL_MISMATCH')

describe('basicAuth', () => {
  const scheme = basicAuth({ username: 'hook', secret: 'pass:w\u00f6rd' })
  const right = base64('hook:pass:w\u00f6rd')

  test.each([
    ['right', `Basic ${right}`, accepted()],
    ['in lower case', `basic ${right}`, accepted()],
    ['another password', `Basic ${base64('hook:password')}`, mismatch],
    ['another user', `Basic ${base64('hooks:pass:w\u00f6rd')}`, mismatch],
    ['no password', `Basic ${base64('hook:')}`, mismatch],
    ['no colon', `Basic ${base64('hook')}`, mismatch],
    ['in Latin-1', `Basic ${base64(Buffer.from('hook:pass:w\u00f6rd', 'latin1'))}`, missing],
    ['not base64', 'Basic ???', missing],
    ['base64 of no whole bytes', 'Basic aaaaa', missing],
    ['of another scheme', `Bearer ${right}`, missing],
    ['bare', right, missing],
    ['twice', `Basic ${right}, Basic ${right}`, missing],
    ['empty', '', missing],
  ])('%s', async (_, authorization, expected) => {
    expect(await attempt(scheme, { headers: { authorization } })).toEqual(expected)
  })

  test('missing', async () => {
    expect(await attempt(scheme, {})).toEqual(missing)
  })

  test.each(['a:b', undefined])('a user name of %j throws', (username) => {
    expect(() => basicAuth({ username: username as string, secret: 'x' })).toThrow(
      expect.objectContaining({ code: 'ERR_OPTION_INVALID' }) as Error,
    )
  })
})
