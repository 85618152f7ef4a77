import { isAbsolute, relative } from 'node:path'
import { z } from 'zod'
import type { Where } from '../kernel/errors.ts'
import type { Screen } from './paint.ts'
import { hang } from './text-layout.ts'

export const whereForm = z.object({
  file: z.string().optional(),
  line: z.number().optional(),
  column: z.number().optional(),
  source: z.string().optional(),
  name: z.string().optional(),
})

/** What is wrong, in the parts in which people are told. */
export interface Problem {
  /** The word and name it begins with, as in `error[LS-2104]`. */
  readonly head: string
  readonly grave: boolean
  readonly message: string
  readonly where: Where | undefined
  readonly why: string | undefined
  readonly fix: string | undefined
  /** Page and heading in the documentation that comes with the package. */
  readonly docs: string
}

/** The problem as lines, with the source line and a caret where it is known; paths are shown relative to `folder`. */
export function renderProblem(problem: Problem, folder: string, { width, paint }: Screen): readonly string[] {
  const { head, grave, message, where, why, fix, docs } = problem
  const [first = '', ...rest] = hang(`${head} `, message, width).map((line, at) =>
    at === 0 ? line : line.replace(/^ +/, '  '),
  )
  return [
    paint.bold(grave ? paint.red(head) : paint.yellow(head)) + paint.bold(first.slice(head.length)),
    ...rest,
    ...renderPlace(where, folder, { width, paint }),
    ...(why === undefined ? [] : hang('  why  ', why, width)),
    ...(fix === undefined ? [] : hang('  fix  ', fix, width)),
    paint.dim(`  docs ${docs}`),
  ]
}

function renderPlace(where: Where | undefined, folder: string, { width, paint }: Screen): readonly string[] {
  if (where === undefined) return []
  const { file, line, column, source, name } = where
  if (file === undefined) return name === undefined ? [] : hang('  at   ', name, width)
  const at = [shorten(file, folder), line, line === undefined ? undefined : column]
    .filter((part) => part !== undefined)
    .join(':')
  const place = paint.cyan(` --> ${at}`) + (name === undefined ? '' : ` (${name})`)
  return line === undefined || source === undefined
    ? [place]
    : [place, ...renderSource({ line, column, source }, width, paint.red)]
}

interface SourceLine {
  readonly line: number
  readonly column: number | undefined
  readonly source: string
}

/** The line with a caret under the column; a long line is cut around the caret. */
function renderSource(
  { line, column, source }: SourceLine,
  width: number,
  paint: (text: string) => string,
): readonly string[] {
  const gutter = `  ${line} | `
  const room = width - gutter.length
  const text = source.replaceAll('\t', ' ').trimEnd()
  const target = (column ?? 1) - 1
  const from = text.length <= room ? 0 : Math.max(0, Math.min(target - Math.floor(room / 2), text.length - room))
  const shown = `${gutter}${text.slice(from, from + room)}`
  if (column === undefined) return [shown]
  return [shown, `${' '.repeat(gutter.length - 2)}| ${' '.repeat(Math.max(target - from, 0))}${paint('^')}`]
}

function shorten(file: string, folder: string): string {
  if (!isAbsolute(file)) return file
  const path = relative(folder, file)
  return path.startsWith('..') ? file : path
}
