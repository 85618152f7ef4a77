import { z } from 'zod'
import { isPause } from '../kernel/errors.ts'
import type { LockstepError } from '../kernel/errors.ts'
import type { Screen } from './paint.ts'
import { renderProblem, whereForm } from './problem.ts'

const problem = z.object({
  code: z.string(),
  message: z.string(),
  where: whereForm.nullable(),
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

function renderOne(error: LockstepError, folder: string, screen: Screen): readonly string[] {
  const { code, message, where, why, hint } = error
  const stopped = isPause(error)
  const head = `${stopped ? 'paused' : 'error'}[${code}]`
  return renderProblem({ head, grave: !stopped, message, where, why, fix: hint, docs: docsOf(code) }, folder, screen)
}
