/** The middle value; of an even number the lower one of the two in the middle. */
export function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor((values.length - 1) / 2)] ?? Number.NaN
}

/** A Markdown table, its columns padded to equal width. */
export function renderTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((title, at) => Math.max(title.length, ...rows.map((row) => row[at]?.length ?? 0)))
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell, at) => cell.padEnd(widths[at] ?? 0)).join(' | ')} |`
  return [line(head), `|${widths.map((width) => '-'.repeat(width + 2)).join('|')}|`, ...rows.map(line)].join('\n')
}

/** What a table says of one contender: medians over the rounds, and the rounds themselves. */
export interface Line {
  readonly name: string
  readonly seconds: readonly number[]
  readonly cpu?: readonly number[]
  readonly megabytes?: readonly number[]
}

/** One row a line: its time as a ratio to the line called `base`, in the median and round by round, CPU and memory. */
export function renderRatios(lines: readonly Line[], bases: readonly string[]): string {
  const timesOf = (base: string): readonly number[] => lines.find(({ name }) => name === base)?.seconds ?? []
  const rows = lines.map(({ name, seconds, cpu = [], megabytes = [] }) => [
    name,
    ...bases.map((base) => ratio(median(seconds.map((each, round) => each / (timesOf(base)[round] ?? Number.NaN))))),
    seconds.map((each) => each.toFixed(2)).join(' '),
    cpu.length === 0 ? '' : median(cpu).toFixed(1),
    megabytes.length === 0 ? '' : median(megabytes).toFixed(0),
  ])
  return renderTable(['', ...bases.map((base) => `of ${base}`), 'seconds a round', 'CPU s', 'peak RSS MB'], rows)
}

function ratio(value: number): string {
  return value.toFixed(2)
}
