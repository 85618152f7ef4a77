import { LockstepError } from '../kernel/errors.ts'
import type { LoadedMigration, LoadedStep } from '../migrations/load-migrations.ts'
import { lintRules } from './rules/catalogue.ts'
import type { LintFinding } from './lint-finding.ts'
import type { LintFacts, LintedMigration } from './rules/rule.ts'

const shapeRules = lintRules.filter((rule) => rule.over === 'shape')

/** What every rule finds, by step. Pure but for the file's places. Throws LS-2002 where `allow` names no rule. */
export function lintMigration(
  migration: LoadedMigration,
  earlier: readonly LoadedMigration[],
  facts: LintFacts,
): readonly LintFinding[] {
  requireKnown(migration)
  const input = { migration: asLinted(migration), earlier: earlier.map(asLinted), facts }
  const found = shapeRules.flatMap(({ name, check }) => check(input).map((finding) => ({ ...finding, rule: name })))
  return found
    .sort((a, b) => a.step - b.step)
    .map((finding) => {
      const step = migration.steps[finding.step]
      return {
        ...finding,
        migration: migration.id,
        kind: step?.kind ?? '',
        where: step?.place() ?? { file: migration.file },
        accepted: migration.allow[finding.rule] ?? null,
      }
    })
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
