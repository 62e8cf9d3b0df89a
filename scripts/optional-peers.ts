/**
 * Second step of the build: marks the imports of optional peers in the declarations, so that those who
 * have not installed one get `any` for its types and no error. The bundler drops such marks in the sources.
 */
import { globSync, readFileSync, writeFileSync } from 'node:fs'
import { manifest, root } from './entries.ts'

const peers = Object.keys(manifest.peerDependencies)
const marked = new Set<string>()

for (const file of globSync(`${root}dist/**/*.d.ts`)) {
  const before = readFileSync(file, 'utf8')
  const after = before.replace(/^import .* from '(.+)';$/gm, (line, specifier: string) => {
    if (!peers.includes(specifier)) return line
    marked.add(specifier)
    return `// @ts-ignore: an optional peer\n${line}`
  })
  if (after !== before) writeFileSync(file, after)
}

const missed = peers.filter((peer) => !marked.has(peer))
if (missed.length > 0) throw new Error(`No declaration imports ${missed.join(', ')}`)
