import { z } from 'zod'
import type { RunEvent } from '../ledger/events.ts'
import { targetForm } from '../plan/plan.ts'
import { printCount, printCounted, printMeasured } from './figures.ts'
import type { Screen } from './paint.ts'
import { hang } from './text-layout.ts'

const checkedStep = z.object({
  step: z.number().int(),
  checked: z.number(),
  what: z.string(),
  findings: z.number().int(),
  seconds: z.number(),
})

const checkedMigration = z.object({
  id: z.string(),
  /** How many things are not as promised; `findings` names the first of them. */
  problems: z.number().int(),
  steps: z.array(checkedStep),
  /** What was measured on the way. */
  measured: z.array(
    z.object({
      step: z.number().int(),
      where: z.string(),
      text: z.string(),
      figures: z.record(z.string(), z.number()),
    }),
  ),
  findings: z.array(z.object({ step: z.number().int(), where: z.string(), problem: z.string() })),
})

export const verificationForm = z.object({
  formatVersion: z.literal(1),
  target: targetForm,
  level: z.enum(['counts', 'full']),
  ok: z.boolean(),
  migrations: z.array(checkedMigration),
})

export type VerificationReport = z.infer<typeof verificationForm>

/** One migration's part of the report, from the events of its verification. */
export function buildChecked(
  id: string,
  problems: number,
  events: readonly RunEvent[],
): VerificationReport['migrations'][number] {
  const steps = events.flatMap((event) => {
    if (event.type !== 'verified') return []
    const { step, checked, what, findings, seconds } = event
    return [{ step, checked, what, findings, seconds }]
  })
  const findings = events.flatMap((event) =>
    event.type === 'finding' ? [{ step: event.step, where: event.where, problem: event.problem }] : [],
  )
  const measured = events.flatMap((event) => {
    if (event.type !== 'measured') return []
    const { step, where, text, figures } = event
    return [{ step, where, text, figures }]
  })
  return { id, problems, steps, measured, findings }
}

/** What was looked at, step by step, and what was found. */
export function renderVerification({ migrations, level }: VerificationReport, { width, paint }: Screen): string {
  if (migrations.length === 0) return 'nothing to verify: no migration is soaking'
  return migrations.flatMap((migration) => renderMigration(migration, level, { width, paint })).join('\n')
}

function renderMigration(
  { id, problems, steps, measured, findings }: VerificationReport['migrations'][number],
  level: string,
  { width, paint }: Screen,
): readonly string[] {
  const verdict = problems === 0 ? paint.green('as promised') : paint.red(printCounted(problems, 'problems'))
  const untold = problems - findings.length
  return [
    `${paint.bold(id)}  ${verdict}  (${level})`,
    ...steps.map(
      (step) =>
        `  step ${step.step + 1}  ${printCount(step.checked)} ${step.what}, ${printCounted(step.findings, 'findings')}, ${printMeasured(step.seconds)}`,
    ),
    ...measured.flatMap(({ step, where, text }) => hang(`    step ${step + 1}  `, `${where}: ${text}`, width)),
    ...findings.flatMap(({ step, where, problem }) => hang(`  ! step ${step + 1}  `, `${where}: ${problem}`, width)),
    ...(untold > 0 ? [`  and ${printCounted(untold, 'problems')} more`] : []),
  ]
}
