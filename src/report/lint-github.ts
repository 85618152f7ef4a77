import type { LintReport, ReportedFinding } from './lint.ts'
import { fromRoot } from './paths.ts'

/** GitHub shows at most ten annotations of a kind for a step and drops the rest without a word. */
const mostShown = 9

const levels = { error: 'error', warning: 'warning', note: 'notice' } as const

/** The findings as workflow commands, errors first; `folder` is the root of the checkout. */
export function renderLintGithub({ findings }: LintReport, folder: string): string {
  const open = findings.filter(({ accepted }) => accepted === null)
  return (['error', 'warning', 'note'] as const)
    .flatMap((severity) => {
      const all = open.filter((each) => each.severity === severity)
      const more = all.length - mostShown
      return [
        ...all.slice(0, mostShown).map((each) => annotation(each, folder)),
        ...(more > 0 ? [`::${levels[severity]}::and ${more} more: lockstep lint names them`] : []),
      ]
    })
    .join('\n')
}

function annotation({ rule, severity, where, message, why, fix, docs }: ReportedFinding, folder: string): string {
  const properties = {
    title: rule,
    file: where.file === undefined ? undefined : fromRoot(where.file, folder),
    line: where.line,
    col: where.column,
  }
  const written = Object.entries(properties).flatMap(([name, value]) =>
    value === undefined ? [] : [`${name}=${escapeProperty(String(value))}`],
  )
  return `::${levels[severity]} ${written.join(',')}::${escapeData(`${message}\n${why}\nfix: ${fix}\n${docs}`)}`
}

function escapeData(text: string): string {
  return text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A')
}

function escapeProperty(text: string): string {
  return escapeData(text).replaceAll(':', '%3A').replaceAll(',', '%2C')
}
