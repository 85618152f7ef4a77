import { LockstepError } from '../kernel/errors.ts'
import type { Where } from '../kernel/errors.ts'
import type { RuleFinding } from './rules/rule.ts'

/** What a rule found: in a step of a migration, in a file of SQL, or in a database. */
export interface LintFinding extends Omit<RuleFinding, 'step'> {
  readonly rule: string
  /** The migration it was found in; null where it was found in a file of SQL or in a database. */
  readonly migration: string | null
  /** Position of the step, from 0; null where there is none. */
  readonly step: number | null
  /** The kind of the step; null where there is none. */
  readonly kind: string | null
  /** Where it is written; for something in a database, its name. */
  readonly where: Where
  /** Why it is accepted; null where it is not. */
  readonly accepted: string | null
}

/** Findings that count and that nobody accepted, in the migration or with `allow`. */
export function standing(findings: readonly LintFinding[], allow: readonly string[] = []): readonly LintFinding[] {
  return findings.filter(
    ({ accepted, rule, severity }) => accepted === null && severity !== 'note' && !allow.includes(rule),
  )
}

/** Throws LS-2501 for the errors among the findings, all of them at once, unless they are accepted. */
export function requireLinted(findings: readonly LintFinding[], allow: readonly string[]): void {
  const [first, ...rest] = standing(findings, allow).filter(({ severity }) => severity === 'error')
  if (first === undefined) return
  throw refusal(
    first,
    rest.map((finding) => refusal(finding, [])),
  )
}

function refusal(finding: LintFinding, also: readonly LockstepError[]): LockstepError {
  const { rule, where, why, fix } = finding
  const hint = `${fix}; where it is meant: lockstep up --allow ${rule}`
  return new LockstepError('LS-2501', `${describeFinding(finding)} (${rule})`, { where, why, hint, also })
}

/** `step 2 (convertField): …`, counted from 1 as in the file. */
export function describeFinding({ step, kind, message }: LintFinding): string {
  return step === null ? message : `step ${step + 1} (${kind ?? ''}): ${message}`
}
