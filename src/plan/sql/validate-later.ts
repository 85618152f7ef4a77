import type { AlterTableStmt, Constraint } from 'libpg-query'
import type { Edit } from './edits.ts'
import { transactionOf } from './flow.ts'
import type { At } from './flow.ts'
import { append, quoted } from './words.ts'

/** Makes NOT VALID of an ADD CONSTRAINT and validates it behind; nothing where that is more than mechanical. */
export function validateLater(at: At, { cmds, relation }: AlterTableStmt, { conname }: Constraint): readonly Edit[] {
  if (conname === undefined || cmds?.length !== 1 || transactionOf(at) !== undefined) return []
  const { end } = at.statement
  const schema = relation?.schemaname === undefined ? '' : `${quoted(relation.schemaname)}.`
  const validate = `alter table ${schema}${quoted(relation?.relname ?? '')} validate constraint ${quoted(conname)}`
  return [{ from: end, to: end, text: ' not valid' }, ...append(at, validate)]
}
