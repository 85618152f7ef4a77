import { z } from 'zod'
import { planForm } from '../src/plan/plan.ts'
import { doctorForm } from '../src/report/doctor.ts'
import { errorForm } from '../src/report/error.ts'
import { eventLine } from '../src/report/event-lines.ts'
import { journalForm } from '../src/report/journal.ts'
import { lintForm } from '../src/report/lint.ts'
import { statusForm } from '../src/report/status.ts'
import { summaryForm } from '../src/report/summary.ts'
import { verificationForm } from '../src/report/verification.ts'

/** Published forms: what each describes, and the form it is made from. */
const forms: Readonly<Record<string, readonly [title: string, form: z.ZodType]>> = {
  plan: ['What lockstep plan --json prints and lockstep plan --out saves', planForm],
  status: ['What lockstep status --json prints', statusForm],
  lint: ['What lockstep lint --json prints', lintForm],
  journal: ['What lockstep journal --json prints', journalForm],
  events: ['One line of lockstep up, down and complete with --format ndjson', eventLine],
  summary: ['What lockstep up, down and complete print at their end with --json', summaryForm],
  verify: ['What lockstep verify --json prints', verificationForm],
  doctor: ['What lockstep doctor --json prints', doctorForm],
  error: ['What any command with --json prints when it fails', errorForm],
}

/** Additive only: unknown properties are allowed, so that what a later version adds breaks no reader. */
function renderSchema([title, form]: readonly [title: string, form: z.ZodType]): string {
  const { $schema, ...schema } = z.toJSONSchema(form, { io: 'input', reused: 'ref' })
  return JSON.stringify({ $schema, title, ...schema }, null, 2)
}

/** `schemas/*.schema.json`, each made from the form that the code itself uses. */
export const schemaFiles: Readonly<Record<string, () => string>> = Object.fromEntries(
  Object.entries(forms).map(([name, form]) => [`schemas/${name}.schema.json`, () => renderSchema(form)]),
)
