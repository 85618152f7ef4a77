import { printCounted } from './figures.ts'
import type { Screen } from './paint.ts'
import { isPending } from './status.ts'
import type { Status, StatusRow } from './status.ts'
import { columns, hang, markdownCell } from './text-layout.ts'

/** The state with what disk says about the file: `soaking, edited`. */
function printState({ state, edited, fileMissing, olderThan }: StatusRow): string {
  const odd = { edited, 'file missing': fileMissing, 'out of order': olderThan !== null }
  return [state, ...Object.entries(odd).flatMap(([word, is]) => (is ? [word] : []))].join(', ')
}

/** Migrations in order, one a line, with the reason and the next command under those that need one. */
export function renderStatus(status: Status, { width, paint }: Screen): string {
  const { migrations, next, tables = [] } = status
  if (migrations.length === 0) return `no migrations yet\n\nnext  ${paint.bold('lockstep new SLUG')}`
  const cells = [['MIGRATION', 'STATE', 'PHASE', 'DONE'], ...migrations.map(cellsOf)]
  const [head = '', ...lines] = columns(cells)
  const rows = migrations.flatMap((row, at) => [paintRow(row, lines[at] ?? '', paint), ...notesOf(row, width)])
  return [
    paint.dim(head),
    ...rows,
    ...(tables.length === 0 ? [] : ['', paint.dim(`${printCounted(tables.length, 'tables')} left out or failed`)]),
    ...tables.flatMap(({ migration, step, table, state, problem }) =>
      hang(
        '    ',
        `${table}: ${state} in step ${step} of ${migration}${problem === null ? '' : `: ${problem}`}`,
        width,
      ),
    ),
    '',
    ...hang('next  ', next, width).map((line, at) => (at === 0 ? `next  ${paint.bold(line.slice(6))}` : line)),
  ].join('\n')
}

function cellsOf(row: StatusRow): readonly string[] {
  return [row.id, printState(row), row.phase ?? '', row.percent === null ? '' : `${row.percent} %`]
}

function paintRow(row: StatusRow, line: string, paint: Screen['paint']): string {
  if (row.state === 'failed' || row.edited || row.fileMissing) return paint.red(line)
  if (row.state === 'completed') return paint.green(line)
  return row.state === 'pending' || row.state === 'rolled back' ? line : paint.yellow(line)
}

function notesOf(row: StatusRow, width: number): readonly string[] {
  const odd = row.edited || row.fileMissing || row.olderThan !== null
  const quiet = row.next === null || (!odd && isPending(row))
  return [
    ...(row.reason === null ? [] : hang('    why   ', row.reason, width)),
    ...(row.olderThan === null
      ? []
      : hang('    why   ', `older than ${row.olderThan}, which was already applied`, width)),
    ...(quiet ? [] : hang('    next  ', row.next ?? '', width)),
  ]
}

/** One table, for comments and job summaries. */
export function renderStatusMarkdown({ migrations, next }: Status): string {
  const rows = migrations.map((row) => [...cellsOf(row), row.reason ?? '', row.next ?? ''].map(markdownCell))
  return [
    '| migration | state | phase | done | why | next |',
    '| --- | --- | --- | --- | --- | --- |',
    ...rows.map((cells) => `| ${cells.join(' | ')} |`),
    '',
    `${printCounted(migrations.length, 'migrations')}. Next: ${next}`,
  ].join('\n')
}
