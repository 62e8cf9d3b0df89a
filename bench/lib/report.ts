import { quantile } from './statistics.ts'
import { verdictOf, type Row } from './figure.ts'

const HEAD = ['figure', 'what', 'median (quartiles)', 'reach', 'fails below', 'verdict']

/** A table that reads as text and as Markdown. */
export function table(rows: readonly Row[]): string {
  const cells = [HEAD, ...rows.map(toCells)]
  const widths = HEAD.map((_, column) => Math.max(...cells.map((line) => line[column]!.length)))
  const lines = cells.map(
    (line) => `| ${line.map((cell, column) => cell.padEnd(widths[column]!)).join(' | ')} |`,
  )
  lines.splice(1, 0, `|${widths.map((width) => '-'.repeat(width + 2)).join('|')}|`)
  return lines.join('\n')
}

export function toCells(row: Row): readonly string[] {
  const { figure, what, samples, goal, unit = '' } = row
  const show = (value: number) => `${format(value)}${unit && ` ${unit}`}`
  const [low, middle, high] = [0.25, 0.5, 0.75].map((share) => quantile(samples, share))
  const spread = samples.length > 1 ? ` (${format(low!)}-${format(high!)})` : ''
  const sign = goal?.better === 'lower' ? '<=' : '>='
  return [
    figure,
    what,
    samples.length === 0 ? 'not yet' : show(middle!) + spread,
    goal ? `${sign} ${show(goal.reach)}` : '',
    goal ? show(goal.failsBeyond) : '',
    verdictOf(row),
  ]
}

function format(value: number): string {
  if (Number.isInteger(value)) return String(value)
  return value.toFixed(Math.abs(value) < 10 ? 2 : 1)
}
