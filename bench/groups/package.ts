/** P15 and P16: what importing and bundling the package brings along. */
import { execFileSync } from 'node:child_process'
import { gzipSync } from 'node:zlib'
import { build } from 'esbuild'
import { root } from '../../scripts/entries.ts'
import { atMost, type MeasureOptions, type Row } from '../lib/figure.ts'

const UNDICI = 'NativeModule internal/deps/undici/undici'
const NONE = atMost(0, 0)

export async function* measurePackage({ wanted }: MeasureOptions): AsyncIterable<Row> {
  if (wanted.has('P15')) {
    for (const specifier of ['webhook-target', 'webhook-target/adapters/node']) {
      const what = `fetch implementations that importing ${specifier} loads`
      yield { figure: 'P15', what, samples: [Number(loadsUndici(specifier))], goal: NONE }
    }
  }
  if (wanted.has('P16')) {
    const { bytes, packages } = await bundleForTheEdge()
    yield {
      figure: 'P16',
      what: 'core and GitHub for the edge, minified and gzipped',
      samples: [bytes / 1000],
      unit: 'kB',
      goal: atMost(6, 11.6),
    }
    yield {
      figure: 'P16',
      what: 'packages that the core needs at run time',
      samples: [packages],
      goal: NONE,
    }
  }
}

/** The first touch of `Request`, `Response` or `Headers` does, and takes half of a cold start. */
function loadsUndici(specifier: string): boolean {
  const script = `await import('${specifier}'); console.log(process.moduleLoadList.join('\\n'))`
  const args = ['--input-type=module', '--eval', script]
  const loaded = execFileSync(process.execPath, args, { cwd: root, encoding: 'utf8' })
  return loaded.split('\n').includes(UNDICI)
}

async function bundleForTheEdge() {
  const { outputFiles, metafile } = await build({
    stdin: {
      contents: `export { createWebhookHandler } from 'webhook-target'
                 export { github } from 'webhook-target/providers/github'`,
      resolveDir: root,
    },
    absWorkingDir: root,
    bundle: true,
    minify: true,
    write: false,
    metafile: true,
    format: 'esm',
    platform: 'neutral',
    external: ['node:*'],
    logLevel: 'error',
  })
  const externals = Object.values(metafile.outputs).flatMap(({ imports }) => imports)
  const bundled = Object.keys(metafile.inputs).filter((path) => path.includes('node_modules/'))
  return {
    bytes: gzipSync(outputFiles[0]!.contents, { level: 9 }).length,
    packages: externals.length + bundled.length,
  }
}
