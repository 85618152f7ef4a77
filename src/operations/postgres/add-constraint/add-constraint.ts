import { z } from 'zod'
import { LockstepError } from '../../../kernel/errors.ts'
import { quoteIdentifier } from '../../../kernel/identifiers.ts'
import type { TableTarget } from '../../../tenants/tenants-config.ts'
import type { Step } from '../../operation.ts'
import { targetForm, targetOf } from '../../step-target.ts'
import type { NamedTarget } from '../../step-target.ts'
import { defineStructureChange } from '../../structure-operation.ts'
import { constraintPasses } from './constraint-passes.ts'
import { constraintIn, extensionOf, lastExtensionOf, printConstraint } from './constraint-sql.ts'
import { inspectConstraint } from './inspect-constraint.ts'

type Columns = string | readonly string[]
export type ReferentialAction = 'cascade' | 'restrict' | 'set null' | 'set default'

/** What rows have to be like. */
export type GivenConstraint = (
  | { readonly check: string }
  | {
      readonly foreignKey: Columns
      /** A table; `{key}` in it stands for the tenant's key. */
      readonly references: string
      /** Its columns; the primary key without it. */
      readonly to?: Columns | undefined
      readonly onDelete?: ReferentialAction | undefined
      readonly onUpdate?: ReferentialAction | undefined
    }
  | { readonly unique: Columns }
  | { readonly primaryKey: Columns }
) & { readonly name?: string | undefined }

export type Rule =
  | { readonly kind: 'check'; readonly sql: string }
  | {
      readonly kind: 'foreign key'
      readonly columns: readonly string[]
      readonly references: string
      readonly to: readonly string[]
      readonly onDelete?: ReferentialAction | undefined
      readonly onUpdate?: ReferentialAction | undefined
    }
  | { readonly kind: 'unique' | 'primary key'; readonly columns: readonly string[] }

export interface AddConstraintSpec {
  readonly target: TableTarget
  readonly rule: Rule
  readonly name?: string | undefined
}

/** Adds a check, a foreign key, a unique constraint or a primary key, validated while readers and writers go on. */
export function addConstraintStep(target: NamedTarget, given: GivenConstraint): Step<AddConstraintSpec> {
  const { name } = given
  const spec = { target: targetOf(target), rule: ruleOf(given), ...(name === undefined ? {} : { name }) }
  return Object.freeze({ kind: 'addConstraint', spec: Object.freeze(spec) })
}

function ruleOf(given: GivenConstraint): Rule {
  if ('check' in given) return { kind: 'check', sql: given.check }
  if ('unique' in given) return { kind: 'unique', columns: listOf(given.unique) }
  if ('primaryKey' in given) return { kind: 'primary key', columns: listOf(given.primaryKey) }
  const { foreignKey, references, to = [], onDelete, onUpdate } = given
  return {
    kind: 'foreign key',
    columns: listOf(foreignKey),
    references,
    to: listOf(to),
    ...(onDelete === undefined ? {} : { onDelete }),
    ...(onUpdate === undefined ? {} : { onUpdate }),
  }
}

const listOf = (columns: Columns): readonly string[] => (typeof columns === 'string' ? [columns] : columns)

const name = z.string().min(1)
const action = z.enum(['cascade', 'restrict', 'set null', 'set default']).optional()
const specForm = z.object({
  target: targetForm,
  name: name.optional(),
  rule: z.union([
    z.strictObject({ kind: z.literal('check'), sql: name }),
    z.strictObject({ kind: z.enum(['unique', 'primary key']), columns: z.array(name).min(1) }),
    z.strictObject({
      kind: z.literal('foreign key'),
      columns: z.array(name).min(1),
      references: name,
      to: z.array(name),
      onDelete: action,
      onUpdate: action,
    }),
  ]),
})

function parseSpec(spec: unknown): AddConstraintSpec {
  const parsed = specForm.safeParse(spec)
  if (!parsed.success) {
    throw new LockstepError('LS-2002', `addConstraint: ${z.prettifyError(parsed.error)}`, {
      hint: "write postgres.addConstraint('orders', { check: 'total >= 0' }), or foreignKey, unique, primaryKey",
    })
  }
  const { target, rule } = parsed.data
  if (parsed.data.name !== undefined) quoteIdentifier(parsed.data.name)
  for (const column of rule.kind === 'check' ? [] : rule.columns) quoteIdentifier(column)
  const isTenants = 'tenants' in target
  if (parsed.data.name !== undefined && isTenants && (rule.kind === 'unique' || rule.kind === 'primary key')) {
    throw new LockstepError(
      'LS-2125',
      `addConstraint: each tenant's ${rule.kind} has an index, which needs a name of its own`,
      {
        hint: 'leave name out: it is derived from table and columns',
      },
    )
  }
  if (rule.kind === 'foreign key' && !isTenants && rule.references.includes('{key}')) {
    throw new LockstepError(
      'LS-2125',
      'addConstraint: {key} in references stands for a tenant, and the target is one table',
      {
        hint: "name the table itself, or give the step tenants('…') as target",
      },
    )
  }
  return parsed.data
}

export const addConstraint = defineStructureChange<AddConstraintSpec>({
  kind: 'addConstraint',
  meta: { summary: 'Adds a check, foreign key, unique constraint or primary key', destructive: false },
  parse: parseSpec,
  describe: (spec) => `add ${printConstraint(spec)} to`,
  passes: constraintPasses,
  // The marks of a primary key are the business of the step that made them.
  isDone: (spec, table) => constraintIn(spec, table)?.validated === true,
  inspect: inspectConstraint,
  extension: extensionOf,
  lastExtension: lastExtensionOf,
  // Nobody gets an error before the cutover.
  extensionPhase: () => 'cutover',
})
