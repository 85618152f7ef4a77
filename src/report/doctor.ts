import { z } from 'zod'
import type { Screen } from './paint.ts'
import { hang } from './text-layout.ts'

const check = z.object({
  name: z.string(),
  status: z.enum(['ok', 'warning', 'problem', 'skipped']),
  detail: z.string(),
  hint: z.string().nullable(),
})

const setting = z.object({
  name: z.string(),
  /** As it counts; what is secret in it is replaced by ***. */
  value: z.string(),
  /** flag, file, default, or the name of the environment variable. */
  origin: z.string(),
})

export const doctorForm = z.object({
  formatVersion: z.literal(1),
  /** False when a check found a problem. */
  ok: z.boolean(),
  checks: z.array(check),
  settings: z.array(setting),
})

export type DoctorReport = z.infer<typeof doctorForm>
export type Check = DoctorReport['checks'][number]
export type Setting = DoctorReport['settings'][number]

const marks = { ok: 'ok     ', warning: 'warning', problem: 'PROBLEM', skipped: 'skipped' } as const

/** Settings with their origins, then the checks, each with its remedy. */
export function renderDoctor({ checks, settings, ok }: DoctorReport, { width, paint }: Screen): string {
  const longest = Math.max(0, ...settings.map(({ name }) => name.length))
  const colour = { ok: paint.green, warning: paint.yellow, problem: paint.red, skipped: paint.dim }
  return [
    ...(settings.length === 0 ? [] : [paint.bold('Settings')]),
    ...settings.flatMap(({ name, value, origin }) =>
      hang(`  ${name.padEnd(longest)}  `, `${value}  (${origin})`, width),
    ),
    ...(settings.length === 0 ? [] : ['']),
    paint.bold('Checks'),
    ...checks.flatMap(({ name, status, detail, hint }) => {
      const lead = `  ${marks[status]}  `
      const [first = '', ...rest] = hang(lead, `${name}: ${detail}`, width)
      return [
        `  ${colour[status](marks[status])}  ${first.slice(lead.length)}`,
        ...rest,
        ...(hint === null ? [] : hang(`${' '.repeat(lead.length)}fix  `, hint, width)),
      ]
    }),
    '',
    ok ? paint.green('nothing is in the way') : paint.red('something is in the way'),
  ].join('\n')
}
