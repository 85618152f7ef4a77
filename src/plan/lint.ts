import { LockstepError } from '../kernel/errors.ts'
import type { LoadedMigration, LoadedStep } from '../migrations/load-migrations.ts'
import { lintRules } from './rules/catalogue.ts'
import type { SqlText } from '../sql/sql-text.ts'
import type { LintFinding } from './lint-finding.ts'
import { lintTexts } from './sql/lint-texts.ts'
import type { SqlLinting } from './sql/lint-texts.ts'
import type { LintFacts, LintedMigration } from './rules/rule.ts'

const shapeRules = lintRules.filter((rule) => rule.over === 'shape')

/** What every rule finds, by step. Pure but for the file's places. Throws LS-2002 where `allow` names no rule. */
export function lintMigration(
  migration: LoadedMigration,
  earlier: readonly LoadedMigration[],
  facts: LintFacts,
  sql?: SqlLinting,
): readonly LintFinding[] {
  requireKnown(migration)
  const input = { migration: asLinted(migration), earlier: earlier.map(asLinted), facts }
  const found = shapeRules.flatMap(({ name, check }) => check(input).map((finding) => ({ ...finding, rule: name })))
  const ofShape = found.map((finding) => {
    const step = migration.steps[finding.step]
    const where = step?.place() ?? { file: migration.file }
    return { ...finding, kind: step?.kind ?? '', where, accepted: migration.allow[finding.rule] ?? null }
  })
  const ofSql = sql === undefined ? [] : migration.steps.flatMap((step, index) => lintStep(migration, step, index, sql))
  return [...ofShape, ...ofSql]
    .sort((a, b) => a.step - b.step)
    .map((finding) => ({ ...finding, migration: migration.id }))
}

/** What is found in the SQL that a step runs. */
function lintStep(
  migration: LoadedMigration,
  { operation, spec, place, kind }: LoadedStep,
  step: number,
  sql: SqlLinting,
): readonly (Omit<LintFinding, 'step'> & { readonly step: number })[] {
  const texts = sqlOf({ operation, spec })
  return lintTexts(texts, sql).map(({ text, edits: _, ...finding }) => ({
    ...finding,
    step,
    kind,
    // SQL within the migration's file has the place of its step, and its own beside that.
    where: text.file === undefined ? { ...place(), ...finding.where } : finding.where,
    accepted: migration.allow[finding.rule] ?? finding.accepted,
  }))
}

/** The SQL of a step. Lockstep sets timeouts for all of it. */
export function sqlOf({ operation, spec }: Pick<LoadedStep, 'operation' | 'spec'>): readonly SqlText[] {
  return (operation.sql?.(spec) ?? []).map((text) => ({ ...text, timed: true }))
}

function asLinted({ id, steps }: LoadedMigration): LintedMigration {
  return { id, steps: steps.map(({ operation, spec }) => ({ changes: operation.shape?.(spec) ?? [] })) }
}

/** Whether what a rule says of it hangs on the migrations before it, so that these have to be read. */
export function needsEarlier({ steps }: Pick<LoadedMigration, 'steps'>): boolean {
  return steps.some(({ operation, spec }: LoadedStep) =>
    operation.shape?.(spec).some((change) => 'queried' in change && change.queried),
  )
}

/** The same names. Throws LS-1007 for one that is no rule's. */
export function requireRules(names: readonly string[]): readonly string[] {
  const unknown = names.find((name) => !isRule(name))
  if (unknown === undefined) return names
  throw new LockstepError('LS-1007', `"${unknown}" is no lint rule`, { where: { name: '--allow' }, hint: knownRules() })
}

function requireKnown({ file, allow }: LoadedMigration): void {
  const unknown = Object.keys(allow).find((name) => !isRule(name))
  if (unknown === undefined) return
  throw new LockstepError('LS-2002', `allow names "${unknown}", which is no lint rule`, {
    where: { file },
    hint: knownRules(),
  })
}

function isRule(name: string): boolean {
  return lintRules.some((rule) => rule.name === name)
}

function knownRules(): string {
  return `known are: ${lintRules.map(({ name }) => name).join(', ')}`
}
