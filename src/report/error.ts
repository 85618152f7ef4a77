import { isAbsolute, relative } from 'node:path'
import { z } from 'zod'
import { errorCatalogue } from '../kernel/errors.ts'
import type { LockstepError, Where } from '../kernel/errors.ts'
import type { Screen } from './paint.ts'
import { hang } from './text-layout.ts'

const where = z.object({
  file: z.string().optional(),
  line: z.number().optional(),
  column: z.number().optional(),
  source: z.string().optional(),
  name: z.string().optional(),
})

const problem = z.object({
  code: z.string(),
  message: z.string(),
  where: where.nullable(),
  why: z.string().nullable(),
  hint: z.string().nullable(),
  /** Page and heading in the documentation that comes with the package. */
  docs: z.string(),
})

/** What stdout holds when a command with `--json` fails. */
export const errorForm = z.object({
  error: problem.extend({
    /** Further problems found in the same look. */
    also: z.array(problem),
  }),
})

export type ErrorReport = z.infer<typeof errorForm>

function docsOf(code: string): string {
  return `docs/reference/errors.md#${code.toLowerCase()}`
}

function reportOf({ code, message, where, why, hint }: LockstepError): z.infer<typeof problem> {
  return {
    code,
    message,
    where: where === undefined ? null : { ...where },
    why: why ?? null,
    hint: hint ?? null,
    docs: docsOf(code),
  }
}

/** An error as published JSON. */
export function buildErrorReport(error: LockstepError): ErrorReport {
  return { error: { ...reportOf(error), also: error.also.map(reportOf) } }
}

/** An error and those found beside it as text; paths are shown relative to `folder`. */
export function renderError(error: LockstepError, folder: string, screen: Screen): string {
  return [error, ...error.also].map((each) => renderOne(each, folder, screen).join('\n')).join('\n')
}

function renderOne(error: LockstepError, folder: string, { width, paint }: Screen): readonly string[] {
  const exit = errorCatalogue[error.code].exit
  const stopped = exit === 130 || exit === 8
  const word = `${stopped ? 'paused' : 'error'}[${error.code}]`
  const [first = '', ...rest] = hang(`${word} `, error.message, width).map((line, at) =>
    at === 0 ? line : line.replace(/^ +/, '  '),
  )
  const head = paint.bold(stopped ? paint.yellow(word) : paint.red(word)) + paint.bold(first.slice(word.length))
  return [
    head,
    ...rest,
    ...renderPlace(error.where, folder, { width, paint }),
    ...(error.why === undefined ? [] : hang('  why  ', error.why, width)),
    ...(error.hint === undefined ? [] : hang('  fix  ', error.hint, width)),
    paint.dim(`  docs ${docsOf(error.code)}`),
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
