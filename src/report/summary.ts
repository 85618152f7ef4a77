import { z } from 'zod'
import { targetForm } from '../plan/plan.ts'
import { printCount, printCounted, printSeconds } from './figures.ts'
import type { Screen } from './paint.ts'
import { hang } from './text-layout.ts'

const worked = z.object({
  migration: z.string(),
  run: z.string().nullable(),
  /** As `lockstep status` names it, after the command. */
  state: z.string(),
  /** Documents and rows, or tables, written by this command; those that needed nothing; those read again after a conflict. */
  changed: z.number(),
  skipped: z.number(),
  conflicts: z.number(),
  seconds: z.number(),
})

/** What `up`, `down` and `complete` print at their end with `--json`. */
export const summaryForm = z.object({
  formatVersion: z.literal(1),
  command: z.enum(['up', 'down', 'complete']),
  target: targetForm,
  migrations: z.array(worked),
  /** Tenant tables that fell behind the migrations applied; null where nobody looked. */
  behind: z.number().int().nullable(),
  next: z.string(),
})

export type Summary = z.infer<typeof summaryForm>
export type Worked = Summary['migrations'][number]

/** What became of each migration worked on, then the next command. */
export function renderSummary({ migrations, next, behind }: Summary, { width, paint }: Screen): string {
  const lines = migrations.flatMap(({ migration, state, changed, skipped, conflicts, seconds }) => {
    const met = conflicts > 0 ? [`${printCounted(conflicts, 'conflicts')} met`] : []
    const facts = [
      `${printCount(changed)} changed`,
      `${printCount(skipped)} needed nothing`,
      ...met,
      printSeconds(seconds),
    ]
    return [`${paint.bold(migration)}  ${paint.green(state)}`, ...hang('  ', facts.join(', '), width)]
  })
  const late =
    behind === null || behind === 0
      ? []
      : [`${printCounted(behind, 'tenant tables')} behind: made in the old shape since`]
  return [...(lines.length === 0 ? ['nothing to do'] : lines), ...late, `next  ${paint.bold(next)}`].join('\n')
}
