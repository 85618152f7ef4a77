import { LockstepError } from '../kernel/errors.ts'
import type { Where } from '../kernel/errors.ts'
import type { RuleFinding } from './rules/rule.ts'

/** What a rule found in one migration. */
export interface LintFinding extends RuleFinding {
  readonly rule: string
  readonly migration: string
  readonly kind: string
  /** Where in the migration's file the step is written. */
  readonly where: Where
  /** Why the migration accepts it; null where it does not. */
  readonly accepted: string | null
}

/** Findings that nobody accepted, in the migration or with `allow`. */
export function standing(findings: readonly LintFinding[], allow: readonly string[] = []): readonly LintFinding[] {
  return findings.filter(({ accepted, rule }) => accepted === null && !allow.includes(rule))
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
  return `step ${step + 1} (${kind}): ${message}`
}
