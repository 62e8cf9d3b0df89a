import { createHmac } from 'node:crypto'
import { hmac, type HmacOptions } from 'webhook-target/schemes/hmac'
import { describe, expect, test } from 'vitest'
import { accepted, attempt, NOW, refused, type Attempt } from './attempt.ts'

const secret = 'It is a secret to everybody'
const body = '{"hello":"world"}'

type Chunks = readonly (string | Uint8Array)[]

function digest(
  chunks: Chunks,
  encoding: 'hex' | 'base64' | 'base64url' = 'hex',
  algorithm = 'sha256',
) {
  const mac = createHmac(algorithm, secret)
  for (const chunk of chunks) mac.update(chunk)
  return mac.digest(encoding)
}

interface Case extends Attempt {
  readonly name: string
  readonly expected: ReturnType<typeof accepted>
}

function table(options: Partial<HmacOptions>, cases: readonly Case[]): void {
  const scheme = hmac({ secret, header: 'X-Signature', ...options })
  test.each(cases)('$name', async ({ expected, ...request }) => {
    expect(await attempt(scheme, { body, ...request })).toEqual(expected)
  })
}

const INVALID = expect.objectContaining({ name: 'TypeError', code: 'ERR_OPTION_INVALID' }) as Error
const PAIRS = { separator: ',', signature: 'v1', timestamp: 't' }

describe('options', () => {
  const timed = '{timestamp}{body}'
  test.each<[name: string, options: object]>([
    ['an unknown algorithm', { algorithm: 'md5' }],
    ['an algorithm of every object', { algorithm: 'constructor' }],
    ['no algorithm', { algorithm: null }],
    ['an unknown encoding', { encoding: 'base32' }],
    ['an encoding of Node', { encoding: 'latin1' }],
    ['an encoding of every object', { encoding: 'toString' }],
    ['an unknown unit', { content: timed, timestamp: { header: 'x-time', unit: 'us' } }],
    [
      'a unit of every object',
      { content: timed, timestamp: { header: 'x-time', unit: 'valueOf' } },
    ],
    ['a time that stands nowhere', { content: timed, timestamp: {} }],
    ['a time whose header is empty', { content: timed, timestamp: { header: '' } }],
    ['a time without headers', { content: timed, timestamp: { header: [] } }],
    [
      'fewer headers for the time than for the signature',
      { header: ['x-a', 'x-b'], content: timed, timestamp: { header: ['x-time'] } },
    ],
    ['an id whose header is empty', { content: '{id}{body}', id: '' }],
    ['a list without its time', { content: timed, list: { separator: ',' }, timestamp: {} }],
  ])('%s is refused when the scheme is made', (_, options) => {
    expect(() => hmac({ secret, header: 'x-signature', ...options })).toThrow(INVALID)
  })
})

const signed = (signature: string) => ({ 'x-signature': signature })

describe('algorithms and encodings', () => {
  const cases = (['sha1', 'sha256', 'sha384', 'sha512'] as const).flatMap((algorithm) =>
    (['hex', 'base64', 'base64url'] as const).map((encoding) => ({ algorithm, encoding })),
  )

  test.each(cases)('$algorithm in $encoding', async ({ algorithm, encoding }) => {
    const scheme = hmac({ secret, header: 'x-signature', algorithm, encoding })
    const signature = digest([body], encoding, algorithm)
    expect(scheme.name).toBe(`hmac-${algorithm}`)
    expect(await attempt(scheme, { body, headers: signed(signature) })).toEqual(accepted())
    const other = digest([`${body} `], encoding, algorithm)
    expect(await attempt(scheme, { body, headers: signed(other) })).toEqual(
      refused('ERR_SIGNATURE_MISMATCH'),
    )
  })
})

describe('signatures in hex with a prefix', () => {
  const hex = digest([body])
  const mismatch = refused('ERR_SIGNATURE_MISMATCH')
  const malformed = refused('ERR_SIGNATURE_MALFORMED')
  const values: readonly (readonly [name: string, value: string, expected: Case['expected']])[] = [
    ['right', `sha256=${hex}`, accepted()],
    ['of another body', `sha256=${digest(['x'])}`, mismatch],
    ['in upper case', `sha256=${hex.toUpperCase()}`, mismatch],
    ['no hex but as long', `sha256=${'z'.repeat(64)}`, mismatch],
    ['as long with a space', `sha256=${hex.slice(1)} `, mismatch],
    ['as long beyond ASCII', `sha256=${'\u0141'.repeat(64)}`, mismatch],
    ['missing', '', refused('ERR_SIGNATURE_MISSING')],
    ['only the prefix', 'sha256=', malformed],
    ['without the prefix', hex, malformed],
    ['under another prefix', `sha1=${hex}`, malformed],
    ['under the prefix in upper case', `SHA256=${hex}`, malformed],
    ['under the prefix twice', `sha256=sha256=${hex}`, malformed],
    ['short of a digit', `sha256=${hex.slice(0, -1)}`, malformed],
    ['short of a byte', `sha256=${hex.slice(0, -2)}`, malformed],
    ['longer by a byte', `sha256=${hex}00`, malformed],
    ['longer by a space', `sha256=${hex} `, malformed],
    ['behind a space', ` sha256=${hex}`, malformed],
    ['behind the prefix and a space', `sha256= ${hex}`, malformed],
    ['with junk after it', `sha256=${hex};v=1`, malformed],
    ['with a line break', `sha256=${hex}\n`, malformed],
    ['with a null byte', `sha256=${hex}\0`, malformed],
    ['twice in one field', `sha256=${hex}, sha256=${hex}`, malformed],
    ['twice without a space', `sha256=${hex},sha256=${hex}`, malformed],
    ['in base64', `sha256=${digest([body], 'base64')}`, malformed],
    ['text', 'foo', malformed],
  ]

  table(
    { prefix: 'sha256=' },
    values.map(([name, value, expected]) => ({ name, headers: signed(value), expected })),
  )
})

describe('signatures in base64', () => {
  // A digest with `+`, `/` and `=`, so that the alphabets differ.
  const content = Array.from({ length: 1000 }, (_, i) => `{"n":${i}}`).find((text) =>
    /\+.*\/|\/.*\+/.test(digest([text], 'base64')),
  )!
  const base64 = digest([content], 'base64')
  const url = digest([content], 'base64url')
  const mismatch = refused('ERR_SIGNATURE_MISMATCH')
  const malformed = refused('ERR_SIGNATURE_MALFORMED')

  describe('of the usual alphabet', () => {
    table({ encoding: 'base64' }, [
      { name: 'right', body: content, headers: signed(base64), expected: accepted() },
      {
        name: 'without padding',
        body: content,
        headers: signed(base64.slice(0, -1)),
        expected: malformed,
      },
      {
        name: 'with more padding',
        body: content,
        headers: signed(`${base64}=`),
        expected: malformed,
      },
      {
        name: 'in the URL alphabet',
        body: content,
        headers: signed(`${url}=`),
        expected: mismatch,
      },
      {
        name: 'with other stray bits',
        body: content,
        headers: signed(strayBits(base64)),
        expected: mismatch,
      },
      { name: 'in hex', body: content, headers: signed(digest([content])), expected: malformed },
      {
        name: 'with a space for a plus',
        body: content,
        headers: signed(base64.replace('+', ' ')),
        expected: mismatch,
      },
    ])
  })

  describe('of the URL alphabet', () => {
    table({ encoding: 'base64url' }, [
      { name: 'right', body: content, headers: signed(url), expected: accepted() },
      { name: 'with padding', body: content, headers: signed(`${url}=`), expected: malformed },
      {
        name: 'in the usual alphabet',
        body: content,
        headers: signed(base64.slice(0, -1)),
        expected: mismatch,
      },
    ])
  })

  /** The last digit before the padding holds two bits that decoders drop. */
  function strayBits(text: string): string {
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'
    const last = alphabet.indexOf(text.at(-2)!)
    return `${text.slice(0, -2)}${alphabet[last ^ 1]}=`
  }
})

describe('a list of key=value pairs', () => {
  const [hex, time] = [digest([`${NOW}.${body}`]), `t=${NOW}`]
  const other = '0'.repeat(64)
  const malformed = refused('ERR_SIGNATURE_MALFORMED')
  const values: readonly (readonly [name: string, value: string, expected: Case['expected']])[] = [
    ['right', `${time},v1=${hex}`, accepted()],
    ['in the other order', `v1=${hex},${time}`, accepted()],
    ['with an older version', `${time},v1=${hex},v0=${other}`, accepted()],
    ['with a second signature', `${time},v1=${other},v1=${hex}`, accepted()],
    ['with parts that mean nothing', `,,${time},x,=,v1=${hex},`, accepted()],
    ['under another version', `${time},v0=${hex}`, malformed],
    ['without a signature', time, malformed],
    ['with an empty signature', `${time},v1=`, malformed],
    ['without keys', `${NOW},${hex}`, malformed],
    ['with two times', `${time},t=${NOW + 1},v1=${hex}`, malformed],
    ['joined from two fields', `${time},v1=${other}, ${time},v1=${hex}`, malformed],
    ['with more signatures than any rotation', `${time}${`,v1=${hex}`.repeat(11)}`, malformed],
    ['as long as a header can be', `${time},v1=${hex}${',x'.repeat(20_000)}`, accepted()],
    ['without a time', `v1=${hex}`, refused('ERR_TIMESTAMP_MISSING')],
    ['with an empty time', `t=,v1=${hex}`, refused('ERR_TIMESTAMP_MISSING')],
    ['with another time', `t=${NOW + 1},v1=${hex}`, refused('ERR_SIGNATURE_MISMATCH')],
    ['of commas', ',,,', malformed],
  ]

  table(
    {
      list: { separator: ',', signature: 'v1', timestamp: 't' },
      content: '{timestamp}.{body}',
      timestamp: {},
    },
    values.map(([name, value, expected]) => ({ name, headers: signed(value), expected })),
  )
})

describe('timestamps', () => {
  const sign = (timestamp: string) => ({
    'x-timestamp': timestamp,
    'x-signature': digest([timestamp, ':', body]),
  })
  const outside = refused('ERR_TIMESTAMP_OUTSIDE_TOLERANCE')
  const malformed = refused('ERR_TIMESTAMP_MALFORMED')
  const base = { content: '{timestamp}:{body}' } as const

  describe('in seconds', () => {
    table({ ...base, timestamp: { header: 'X-Timestamp' } }, [
      { name: 'now', headers: sign(`${NOW}`), expected: accepted() },
      { name: 'as old as allowed', headers: sign(`${NOW - 300}`), expected: accepted() },
      { name: 'too old', headers: sign(`${NOW - 301}`), expected: outside },
      { name: 'as far ahead as allowed', headers: sign(`${NOW + 300}`), expected: accepted() },
      { name: 'too far ahead', headers: sign(`${NOW + 301}`), expected: outside },
      {
        name: 'missing',
        headers: { 'x-signature': digest([':', body]) },
        expected: refused('ERR_TIMESTAMP_MISSING'),
      },
      { name: 'empty', headers: sign(''), expected: refused('ERR_TIMESTAMP_MISSING') },
      { name: 'in milliseconds', headers: sign(`${NOW}000`), expected: malformed },
      { name: 'NaN', headers: sign('NaN'), expected: malformed },
      { name: 'text', headers: sign('hello'), expected: malformed },
      { name: 'a fraction', headers: sign(`${NOW}.5`), expected: malformed },
      { name: 'signed', headers: sign(`+${NOW}`), expected: malformed },
      { name: 'negative', headers: sign(`-${NOW}`), expected: malformed },
      { name: 'an exponent', headers: sign('17e8'), expected: malformed },
      { name: 'in hex', headers: sign('0x6553f100'), expected: malformed },
      { name: 'with a space', headers: sign(` ${NOW}`), expected: malformed },
      {
        name: 'in other digits',
        headers: sign('\u0661\u0667\u0660\u0660\u0660\u0660\u0660\u0660\u0660\u0660'),
        expected: malformed,
      },
      { name: 'twice', headers: sign(`${NOW}, ${NOW}`), expected: malformed },
      { name: 'a date', headers: sign('2023-11-14T22:13:20Z'), expected: malformed },
      { name: 'infinite', headers: sign('Infinity'), expected: malformed },
    ])
  })

  describe('in milliseconds', () => {
    table({ ...base, timestamp: { header: 'x-timestamp', unit: 'ms', toleranceSeconds: 10 } }, [
      { name: 'now', headers: sign(`${NOW}000`), expected: accepted() },
      { name: 'as old as allowed', headers: sign(`${NOW - 10}000`), expected: accepted() },
      { name: 'too old', headers: sign(`${NOW - 11}999`), expected: outside },
      { name: 'in seconds', headers: sign(`${NOW}`), expected: malformed },
    ])
  })

  describe('as a date', () => {
    table({ ...base, timestamp: { header: 'x-timestamp', unit: 'iso' } }, [
      { name: 'now', headers: sign('2023-11-14T22:13:20Z'), expected: accepted() },
      {
        name: 'with a fraction',
        headers: sign('2023-11-14T22:13:20.123456789Z'),
        expected: accepted(),
      },
      { name: 'in another zone', headers: sign('2023-11-14T23:13:20+01:00'), expected: accepted() },
      { name: 'too old', headers: sign('2023-11-14T22:08:19Z'), expected: outside },
      { name: 'without a zone', headers: sign('2023-11-14T22:13:20'), expected: malformed },
      { name: 'a day', headers: sign('2023-11-14'), expected: malformed },
      { name: 'no date', headers: sign('2023-13-99T22:13:20Z'), expected: malformed },
      { name: 'in seconds', headers: sign(`${NOW}`), expected: malformed },
    ])
  })

  describe('of any age', () => {
    table({ ...base, timestamp: { header: 'x-timestamp', toleranceSeconds: false } }, [
      { name: 'old', headers: sign('100000000'), expected: accepted() },
      { name: 'still in its form', headers: sign('yesterday'), expected: malformed },
      {
        name: 'still signed',
        headers: { ...sign('100000000'), 'x-timestamp': '100000001' },
        expected: refused('ERR_SIGNATURE_MISMATCH'),
      },
    ])
  })

  test.each([0, -1, NaN, '300', true])('a tolerance of %j is refused', (toleranceSeconds) => {
    const timestamp = { header: 'x-timestamp', toleranceSeconds: toleranceSeconds as number }
    expect(() => hmac({ secret, header: 'x-signature', timestamp })).toThrow(
      expect.objectContaining({ name: 'TypeError', code: 'ERR_OPTION_INVALID' }) as Error,
    )
  })
})

describe('the signed content', () => {
  const url = 'https://hooks.example.com/in?b=2&a=%20'

  describe('of method, URL, id, time and body', () => {
    const headers = (signature: string, id = 'evt_1') => ({
      'x-id': id,
      'x-time': `${NOW}`,
      'x-signature': signature,
    })
    const content = (id: string) => digest([`POST ${url} ${id} ${NOW}\n`, body])

    table(
      {
        content: '{method} {url} {id} {timestamp}\n{body}',
        id: 'x-id',
        timestamp: { header: 'x-time' },
      },
      [
        { name: 'right', url, headers: headers(content('evt_1')), expected: accepted() },
        {
          name: 'another query',
          url: `${url}&c`,
          headers: headers(content('evt_1')),
          expected: refused('ERR_SIGNATURE_MISMATCH'),
        },
        {
          name: 'another id',
          url,
          headers: headers(content('evt_1'), 'evt_2'),
          expected: refused('ERR_SIGNATURE_MISMATCH'),
        },
        {
          name: 'no id',
          url,
          headers: headers(content(''), ''),
          expected: refused('ERR_SIGNATURE_MALFORMED'),
        },
        {
          name: 'an id that ends the content early',
          url,
          headers: headers(content('a b'), 'a b'),
          expected: refused('ERR_SIGNATURE_MALFORMED'),
        },
        {
          name: 'an id beyond ASCII',
          url,
          headers: headers(content('\u00fc'), '\u00fc'),
          expected: refused('ERR_SIGNATURE_MALFORMED'),
        },
      ],
    )
  })

  test.each([
    ['a name that no option provides', '{timestamp}.{body}'],
    ['an unknown name', '{body}{secret}'],
    ['a name of every object', '{body}{constructor}'],
    ['no body', '{url}'],
    ['nothing', ''],
  ])('a template with %s is refused', (_, content) => {
    expect(() => hmac({ secret, header: 'x-signature', content })).toThrow(
      expect.objectContaining({ name: 'TypeError', code: 'ERR_OPTION_INVALID' }) as Error,
    )
  })

  test.each([
    ['a time', { timestamp: { header: 'x-time' } }],
    ['a time in a list', { list: PAIRS, timestamp: {} }],
    ['an id', { id: 'x-id' }],
    [
      'an id beside a time',
      { id: 'x-id', timestamp: { header: 'x-time' }, content: '{timestamp}{body}' },
    ],
    ['a time beside an id', { id: 'x-id', timestamp: { header: 'x-time' }, content: '{id}{body}' }],
  ])('%s that it leaves out is refused: nothing would protect it', (_, options) => {
    expect(() => hmac({ secret, header: 'x-signature', ...options })).toThrow(INVALID)
  })

  test('may have several readings', async () => {
    const scheme = hmac({
      secret,
      header: 'x-signature',
      content: async ({ body: bytes }) => [
        ['a', bytes],
        ['b', bytes],
      ],
    })
    const verdict = (first: string) =>
      attempt(scheme, { body, headers: signed(digest([first, body])) })
    expect(await verdict('a')).toEqual(accepted())
    expect(await verdict('b')).toEqual(accepted())
    expect(await verdict('c')).toEqual(refused('ERR_SIGNATURE_MISMATCH'))
  })

  test('may have no reading at all, which nothing can match', async () => {
    const scheme = hmac({ secret, header: 'x-signature', content: () => [] })
    expect(await attempt(scheme, { body, headers: signed(digest([])) })).toEqual(
      refused('ERR_SIGNATURE_MISMATCH'),
    )
  })
})

describe('bodies are bytes', () => {
  const bytes = (...values: readonly number[]) => Uint8Array.from(values)
  const utf8 = (text: string) => new TextEncoder().encode(text)
  // Untyped, so that nothing is parsed: what is no JSON has to be verified all the same.
  const bodies: readonly (readonly [name: string, body: Uint8Array])[] = [
    ['empty', bytes()],
    ['not UTF-8', bytes(0xff, 0xfe, 0x00, 0x80)],
    ['with a byte order mark', bytes(0xef, 0xbb, 0xbf, 0x7b, 0x7d)],
    ['with replacement patterns', utf8('$& $1 $` %s {body} {timestamp}')],
    ['with line ends', utf8('{"a":1}\r\n')],
    ['of 200 KiB', new Uint8Array(200 * 1024).fill(97)],
  ]

  test.each(bodies)('%s', async (_, content) => {
    const scheme = hmac({ secret, header: 'x-signature', content: 'v0:{body}' })
    const right = signed(digest(['v0:', content]))
    expect(await attempt(scheme, { body: content, headers: right })).toEqual(accepted())
    const longer = Uint8Array.from([...content.slice(0, 100_000), 0])
    expect(await attempt(scheme, { body: longer, headers: right })).toEqual(
      refused('ERR_SIGNATURE_MISMATCH'),
    )
  })

  test('a byte order mark is signed like any other bytes', async () => {
    const scheme = hmac({ secret, header: 'x-signature' })
    const verdict = await attempt(scheme, {
      body: bytes(0xef, 0xbb, 0xbf, 0x7b, 0x7d),
      headers: signed(digest(['{}'])),
    })
    expect(verdict).toEqual(refused('ERR_SIGNATURE_MISMATCH'))
  })
})

describe('several header names', () => {
  const other = '0'.repeat(64)
  const options = {
    header: ['x-new', 'x-old'],
    id: ['x-new-id', 'x-old-id'],
    content: '{id}.{body}',
  }
  const signature = digest([`1.${body}`])

  table(options, [
    { name: 'the new one', headers: { 'x-new': signature, 'x-new-id': '1' }, expected: accepted() },
    { name: 'the old one', headers: { 'x-old': signature, 'x-old-id': '1' }, expected: accepted() },
    {
      name: 'the old one beside an empty new one',
      headers: { 'x-new': '', 'x-old': signature, 'x-old-id': '1' },
      expected: accepted(),
    },
    {
      name: 'a wrong new one is not made good by the old one',
      headers: { 'x-new': other, 'x-new-id': '1', 'x-old': signature, 'x-old-id': '1' },
      expected: refused('ERR_SIGNATURE_MISMATCH'),
    },
    {
      name: 'an id of the other name',
      headers: { 'x-new': signature, 'x-old-id': '1' },
      expected: refused('ERR_SIGNATURE_MALFORMED'),
    },
  ])
})

describe('secrets in other forms', () => {
  const raw = 'sixteen bytes...'
  const key = Buffer.from(raw)
  const signature = createHmac('sha256', key).update(body).digest('hex')

  test.each([
    { name: 'bytes', given: new Uint8Array(key), secretForm: {} },
    { name: 'hex', given: key.toString('hex'), secretForm: { encoding: 'hex' } },
    {
      name: 'upper-case hex',
      given: key.toString('hex').toUpperCase(),
      secretForm: { encoding: 'hex' },
    },
    { name: 'base64', given: key.toString('base64'), secretForm: { encoding: 'base64' } },
    {
      name: 'base64 without padding',
      given: key.toString('base64url'),
      secretForm: { encoding: 'base64' },
    },
    { name: 'with a prefix', given: `key_${raw}`, secretForm: { prefix: 'key_' } },
    { name: 'without the prefix', given: raw, secretForm: { prefix: 'key_' } },
  ] as const)('$name', async ({ given, secretForm }) => {
    const scheme = hmac({ secret: given, header: 'x-signature', secretForm })
    expect(await attempt(scheme, { body, headers: signed(signature) })).toEqual(accepted())
  })
})

test('a secret longer than a block, and one as long, are hashed as RFC 2104 says', async () => {
  for (const length of [64, 65, 128, 129, 1000]) {
    const long = 'k'.repeat(length)
    for (const algorithm of ['sha1', 'sha256', 'sha512'] as const) {
      const scheme = hmac({ secret: long, header: 'x-signature', algorithm })
      const signature = createHmac(algorithm, long).update(body).digest('hex')
      expect(await attempt(scheme, { body, headers: signed(signature) })).toEqual(accepted())
    }
  }
})

test('what the same key signs besides events can be told apart', async () => {
  const scheme = hmac({
    secret,
    header: 'x-signature',
    accepts: ({ body: bytes }) => bytes[0] === '{'.charCodeAt(0),
  })
  const verdict = (text: string) => attempt(scheme, { body: text, headers: signed(digest([text])) })
  expect(await verdict('{}')).toEqual(accepted())
  expect(await verdict('token')).toEqual(refused('ERR_SIGNATURE_MISMATCH'))
})
