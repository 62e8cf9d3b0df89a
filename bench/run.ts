/**
 * Measures the figures that the project holds itself to: `npm run bench -- [P1 P6 ...] [--quick]`.
 * Ends with 1 if one is where a check fails, and with 3 if the machine is too busy to tell.
 */
import { cpus } from 'node:os'
import { parseArgs } from 'node:util'
import { measureHttp } from './groups/http.ts'
import { measureInbox } from './groups/inbox.ts'
import { measureColdStart } from './groups/cold-start.ts'
import { measurePackage } from './groups/package.ts'
import { measureVerification } from './groups/verification.ts'
import { verdictOf, type Measure, type Row } from './lib/figure.ts'
import { client } from './lib/load.ts'
import { prepare } from './lib/prepare.ts'
import { table, toCells } from './lib/report.ts'

const GROUPS: readonly { readonly figures: readonly string[]; readonly measure: Measure }[] = [
  { figures: ['P1', 'P2', 'P3', 'P4', 'P5'], measure: measureHttp },
  { figures: ['P6', 'P7', 'P8', 'P9', 'P10', 'P11'], measure: measureVerification },
  { figures: ['P12', 'P13'], measure: measureColdStart },
  { figures: ['P15', 'P16'], measure: measurePackage },
  { figures: ['P14', 'P17'], measure: measureInbox },
]

const { values, positionals } = parseArgs({
  options: { quick: { type: 'boolean', default: false } },
  allowPositionals: true,
})
const known = GROUPS.flatMap(({ figures }) => figures)
const wanted = new Set(positionals.length > 0 ? positionals : known)
const unknown = [...wanted].filter((figure) => !known.includes(figure))
if (unknown.length > 0) {
  console.error(`No figure ${unknown.join(', ')}; there are ${known.join(' ')}`)
  process.exit(2)
}

await prepare()
const rows: Row[] = []
try {
  for (const { figures, measure } of GROUPS) {
    if (!figures.some((figure) => wanted.has(figure))) continue
    for await (const row of measure({ wanted, quick: values.quick })) {
      rows.push(row)
      console.error(toCells(row).join('  ').trimEnd()) // what is known so far, for those who wait
    }
  }
} finally {
  print(rows)
}
const verdicts = rows.map(verdictOf)
process.exitCode = verdicts.includes('noisy') ? 3 : Number(verdicts.includes('BELOW'))

function print(measured: readonly Row[]): void {
  const [processor] = cpus()
  const circumstances = [
    `Node ${process.version}`,
    processor?.model.trim(),
    `${cpus().length} cores`,
    `load by ${client}`,
    new Date().toISOString().slice(0, 10),
  ]
  console.log(`\n${circumstances.join(', ')}\n\n${table(measured)}`)
}
