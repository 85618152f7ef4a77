import type { ShapeChange } from '../../operations/shape-change.ts'
import type { IndexSettings } from '../../operations/index-settings.ts'

/** A step as rules see it: what it means to the documents' clients, nothing of how it is done. */
export interface LintedStep {
  readonly changes: readonly ShapeChange[]
}

export interface LintedMigration {
  readonly id: string
  readonly steps: readonly LintedStep[]
}

/** What the project's files say beside its migrations. */
export interface LintFacts {
  /**
   * The newest migration that the readers of the oldest released client know, `none` where it has no generated readers.
   * Undefined where the configuration does not say.
   */
  readonly oldestReaders: string | undefined
  readonly indexes: IndexSettings
}

export interface LintInput {
  readonly migration: LintedMigration
  /** Those before it on disk, in order. */
  readonly earlier: readonly LintedMigration[]
  readonly facts: LintFacts
}

/** An error stops `up`; a warning is told. */
export type Severity = 'error' | 'warning'

/** What a rule has to say about one step. */
export interface RuleFinding {
  readonly severity: Severity
  /** Position of the step, from 0. */
  readonly step: number
  readonly message: string
  readonly why: string
  /** What to do about it. */
  readonly fix: string
}

export interface LintRule {
  /** That of its folder: what `allow` and `--allow` take, and the heading of its part of the reference. */
  readonly name: string
  readonly summary: string
  /** Pure: looks at nothing but its input. */
  check(input: LintInput): readonly RuleFinding[]
}

/** A finding without the position of its step. */
export type ChangeFinding = Omit<RuleFinding, 'step'>

/** A rule that looks at each change of shape by itself. */
export function defineRule(
  rule: Pick<LintRule, 'name' | 'summary'> & {
    readonly checkChange: (change: ShapeChange, input: LintInput) => ChangeFinding | undefined
  },
): LintRule {
  const { name, summary, checkChange } = rule
  return Object.freeze({
    name,
    summary,
    check: (input: LintInput) =>
      input.migration.steps.flatMap(({ changes }, step) =>
        changes.flatMap((change) => {
          const found = checkChange(change, input)
          return found === undefined ? [] : [{ ...found, step }]
        }),
      ),
  })
}
