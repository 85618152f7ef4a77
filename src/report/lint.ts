import { z } from 'zod'
import { describeFinding } from '../plan/lint-finding.ts'
import type { LintFinding } from '../plan/lint-finding.ts'
import { printCount, printCounted } from './figures.ts'
import type { Screen } from './paint.ts'
import { fromRoot } from './paths.ts'
import { renderProblem, whereForm } from './problem.ts'
import { hang } from './text-layout.ts'

const finding = z.object({
  rule: z.string(),
  /** With `--strict` a warning is an error. */
  severity: z.enum(['error', 'warning', 'note']),
  /** Null for what was found in a file of SQL or in a database. */
  migration: z.string().nullable(),
  /** Counted from 0; null where there is none. */
  step: z.number().int().nullable(),
  kind: z.string().nullable(),
  message: z.string(),
  why: z.string(),
  fix: z.string(),
  where: whereForm,
  /** Page and heading in the documentation that comes with the package. */
  docs: z.string(),
  /** Why the migration accepts the rule; such a finding counts neither as an error nor as a warning. */
  accepted: z.string().nullable(),
})

export const lintForm = z.object({
  formatVersion: z.literal(1),
  /** No errors. */
  ok: z.boolean(),
  errors: z.number().int(),
  warnings: z.number().int(),
  /** What counts neither as an error nor as a warning. */
  notes: z.number().int(),
  accepted: z.number().int(),
  /** The ids that were looked at, in order. */
  migrations: z.array(z.string()),
  /** The files of SQL that were looked at, in order. */
  files: z.array(z.string()),
  findings: z.array(finding),
})

export type LintReport = z.infer<typeof lintForm>
export type ReportedFinding = LintReport['findings'][number]

/** The findings as published JSON; `strict` makes errors of warnings. */
export function buildLintReport(
  migrations: readonly string[],
  findings: readonly LintFinding[],
  strict: boolean,
  files: readonly string[] = [],
): LintReport {
  const told = findings.map((each) => report(each, strict))
  const count = (severity: LintFinding['severity']): number =>
    told.filter((each) => each.severity === severity && each.accepted === null).length
  return {
    formatVersion: 1,
    ok: count('error') === 0,
    errors: count('error'),
    warnings: count('warning'),
    notes: count('note'),
    accepted: told.filter((each) => each.accepted !== null).length,
    migrations: [...migrations],
    files: [...files],
    findings: told,
  }
}

function report(found: LintFinding, strict: boolean): ReportedFinding {
  const { rule, severity, migration, step, kind, why, fix, where, accepted } = found
  return {
    rule,
    severity: strict && severity === 'warning' ? 'error' : severity,
    migration,
    step,
    kind,
    message: describeFinding(found),
    why,
    fix,
    where: { ...where },
    docs: docsOfRule(rule),
    accepted,
  }
}

/** Where a rule is explained, in the documentation that comes with the package. */
export function docsOfRule(rule: string): string {
  return `docs/reference/lint.md#${rule}`
}

/** What was found, each as an error is shown, what was accepted with its reason, and a tally last. */
export function renderLint({ findings, ...tally }: LintReport, folder: string, screen: Screen): string {
  const open = findings.filter(({ accepted, severity }) => accepted === null && severity !== 'note')
  const notes = findings.filter(({ accepted, severity }) => accepted === null && severity === 'note')
  const accepted = findings.filter(({ accepted }) => accepted !== null)
  return [
    ...open.flatMap((each) => renderFinding(each, folder, screen)),
    ...notes.flatMap((each) => renderNote(each, folder, screen)),
    ...accepted.flatMap((each) => renderAccepted(each, screen)),
    renderTally(tally),
  ].join('\n')
}

function renderFinding(
  { rule, severity, message, where, why, fix, docs }: ReportedFinding,
  folder: string,
  screen: Screen,
): readonly string[] {
  const { file, line, column, source, name } = where
  const place = {
    ...(file === undefined ? {} : { file }),
    ...(line === undefined ? {} : { line }),
    ...(column === undefined ? {} : { column }),
    ...(source === undefined ? {} : { source }),
    ...(name === undefined ? {} : { name }),
  }
  const grave = severity === 'error'
  return renderProblem({ head: `${severity}[${rule}]`, grave, message, where: place, why, fix, docs }, folder, screen)
}

function renderAccepted({ rule, message, accepted }: ReportedFinding, { width, paint }: Screen): readonly string[] {
  const [first = '', ...rest] = hang(`accepted[${rule}] `, message, width)
  const reason = hang('  because  ', accepted ?? '', width)
  return [first, ...rest.map((line) => line.replace(/^ +/, '  ')), ...reason].map(paint.dim)
}

/** A line and its place: notes are many, and nothing has to be done about them. */
function renderNote(
  { rule, message, where }: ReportedFinding,
  folder: string,
  { width, paint }: Screen,
): readonly string[] {
  const { file, line, name } = where
  const place = file === undefined ? (name ?? '') : `${fromRoot(file, folder)}${line === undefined ? '' : `:${line}`}`
  return hang(`note[${rule}] `, `${message} (${place})`, width)
    .map((each, at) => (at === 0 ? each : each.replace(/^ +/, '  ')))
    .map(paint.dim)
}

function renderTally({ errors, warnings, notes, accepted, migrations, files }: Omit<LintReport, 'findings'>): string {
  const parts = [
    ...(errors > 0 ? [printCounted(errors, 'errors')] : []),
    ...(warnings > 0 ? [printCounted(warnings, 'warnings')] : []),
    ...(notes > 0 ? [printCounted(notes, 'notes')] : []),
    ...(accepted > 0 ? [`${printCount(accepted)} accepted`] : []),
  ]
  const places = [
    ...(migrations.length > 0 || files.length === 0 ? [printCounted(migrations.length, 'migrations')] : []),
    ...(files.length > 0 ? [printCounted(files.length, 'files')] : []),
  ]
  return `${parts.length === 0 ? 'nothing found' : parts.join(', ')} in ${places.join(' and ')}`
}
