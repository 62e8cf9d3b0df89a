/** What no test of behaviour can show: that something is nowhere in the source. */
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import * as fc from 'fast-check'
import ts from 'typescript'
import { describe, expect, test } from 'vitest'
import { equalText } from '../../src/lib/bytes.ts'
import { anyText } from '../support/any-text.ts'

const root = join(import.meta.dirname, '../..')
const files = globSync(['src/**/*.ts', 'adapters/**/*.ts'], { cwd: root }).toSorted()
const texts = new Map(files.map((file) => [file, readFileSync(join(root, file), 'utf8')]))
const read = (file: string) => texts.get(file)!

const parsed = new Map<string, ts.SourceFile>()
function parse(text: string): ts.SourceFile {
  const known = parsed.get(text)
  if (known) return known
  const file = ts.createSourceFile('file.ts', text, ts.ScriptTarget.Latest, true)
  parsed.set(text, file)
  return file
}

function find<Found>(node: ts.Node, look: (node: ts.Node) => Found | undefined): readonly Found[] {
  const found: Found[] = []
  const visit = (inner: ts.Node) => {
    const value = look(inner)
    if (value !== undefined) found.push(value)
    ts.forEachChild(inner, visit)
  }
  visit(node)
  return found
}

describe('no way around verification', () => {
  test('H4 nothing depends on the kind of environment', () => {
    const switches = /NODE_ENV|DEVELOPMENT|isDev\b|__DEV__|skipVerif|insecure|bypass/i
    expect(files.length).toBeGreaterThan(50)
    // Addresses of documentation speak of development as well.
    const code = (file: string) => read(file).replace(/https:\/\/[\w./-]+/g, '')
    expect(files.filter((file) => switches.test(code(file)))).toEqual([])
  })

  test('H4 only hosts read the environment', () => {
    const readers = files.filter((file) =>
      find(parse(read(file)), (node) =>
        ts.isPropertyAccessExpression(node) && node.name.text === 'env' ? true : undefined,
      ).some(Boolean),
    )
    // Whether a disk lasts is told by nothing else, and no request is treated otherwise for it.
    const expected = ['src/engines/lib/volatile-disk.ts']
    expect(readers.filter((file) => !file.startsWith('adapters/'))).toEqual(expected)
  })

  test('H4 no secret is written into the source', () => {
    const literal = /\b(secret|token|password|key)\s*(\?\?|\|\|)=?\s*['"`]/i
    expect(files.filter((file) => literal.test(read(file)))).toEqual([])
  })

  test('H34 node:http stays strict', () => {
    expect(
      files.filter((file) => /insecureHTTPParser|joinDuplicateHeaders/.test(read(file))),
    ).toEqual([])
  })
})

/** Names that stand for something only the sender and we may know. */
const SENSITIVE = /(signature|digest|expected|token|secret|credential|password|mac|hash)s?$/i
/** What a sensitive value may be compared with: the absence of one. */
const HARMLESS = /^(undefined|null|''|""|``|true|false|\d+)$/

/** Comparisons that stop at the first difference, and so tell how far a guess was right. */
function leakyComparisons(text: string): readonly string[] {
  const lastName = (node: ts.Expression): string => {
    if (ts.isIdentifier(node)) return node.text
    if (ts.isPropertyAccessExpression(node)) return node.name.text
    if (ts.isNonNullExpression(node) || ts.isParenthesizedExpression(node))
      return lastName(node.expression)
    return ''
  }
  const isSensitive = (node: ts.Expression) => SENSITIVE.test(lastName(node))
  return find(parse(text), (node) => {
    if (ts.isBinaryExpression(node)) {
      const { operatorToken, left, right } = node
      const operators = [
        ts.SyntaxKind.EqualsEqualsToken,
        ts.SyntaxKind.EqualsEqualsEqualsToken,
        ts.SyntaxKind.ExclamationEqualsToken,
        ts.SyntaxKind.ExclamationEqualsEqualsToken,
      ]
      if (!operators.includes(operatorToken.kind)) return undefined
      if (ts.isTypeOfExpression(left) || HARMLESS.test(right.getText())) return undefined
      return isSensitive(left) || isSensitive(right) ? node.getText() : undefined
    }
    if (ts.isCallExpression(node) && ts.isPropertyAccessExpression(node.expression)) {
      const comparing = /^(includes|indexOf|localeCompare|equals|compare|has)$/
      if (!comparing.test(node.expression.name.text)) return undefined
      const parts = [node.expression.expression, ...node.arguments]
      return parts.some((part) => isSensitive(part)) ? node.getText() : undefined
    }
    return undefined
  })
}

describe('comparison', () => {
  test('H5 secrets and digests are never compared by a leaky operator', () => {
    const found = files
      .filter((file) => file.startsWith('src/'))
      .flatMap((file) => leakyComparisons(read(file)).map((text) => `${file}: ${text}`))
      // A secret that was set wrongly, looked at when the handler is made.
      .filter((text) => text !== 'src/lib/secrets.ts: trimmed !== secret')
    expect(found).toEqual([])
  })

  test.each([
    'if (signature === expected) accept()',
    'if (given !== key.digest) refuse()',
    'signatures.includes(expected)',
    'known.indexOf(options.token) >= 0',
    'if (a.secret == b) accept()',
  ])('H5 the check sees %s', (text) => {
    expect(leakyComparisons(text)).toHaveLength(1)
  })

  test('H5 everything that proves a sender goes through the one comparison', () => {
    const callers = files.filter(
      (file) =>
        find(parse(read(file)), (node) =>
          ts.isCallExpression(node) && /^(equalText|includesText)$/.test(node.expression.getText())
            ? true
            : undefined,
        ).length > 0,
    )
    expect(callers).toEqual(
      expect.arrayContaining([
        'src/lib/content-digest.ts',
        'src/lib/credential.ts',
        'src/lib/jws.ts',
        'src/lib/known-token.ts',
        'src/lib/message-algorithms.ts',
        'src/schemes/hmac.ts',
        'src/schemes/payload-signature.ts',
        'src/schemes/standard-webhooks.ts',
      ]),
    )
    // Schemes that check a digest of their own would show up here.
    for (const file of files.filter((name) => name.startsWith('src/providers/'))) {
      expect(read(file), file).not.toMatch(/timingSafeEqual|createHmac|createHash|\bsubtle\b/)
    }
    expect(files.filter((file) => /timingSafeEqual|charCodeAt\(i\) \^/.test(read(file)))).toEqual([
      'src/lib/bytes.ts',
    ])
  })

  test('H5 it is an equality, and looks at every character', () => {
    fc.assert(
      fc.property(anyText(), anyText(), (a, b) => {
        expect(equalText(a, b)).toBe(a === b)
        expect(equalText(a, a)).toBe(true)
      }),
    )
    fc.assert(
      fc.property(fc.string({ minLength: 1 }), fc.nat(), (text, at) => {
        const i = at % text.length
        const other =
          text.slice(0, i) + String.fromCharCode(text.charCodeAt(i) ^ 1) + text.slice(i + 1)
        expect(equalText(text, other)).toBe(false)
      }),
    )
    const body = /function equalText[^{]*\{([\s\S]*?)\n\}/.exec(read('src/lib/bytes.ts'))![1]!
    const loop = body.slice(body.indexOf('for ('))
    expect(loop).not.toMatch(/return(?! difference === 0)|break|&&|\?/)
  })
})
