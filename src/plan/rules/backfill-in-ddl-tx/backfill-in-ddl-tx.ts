import type { RangeVar } from 'libpg-query'
import { shown, tableName } from '../../../sql/names.ts'
import { asNode } from '../../../sql/tree.ts'
import { changedRows } from '../../sql/batches.ts'
import { beforeInTransaction } from '../../sql/flow.ts'
import type { At } from '../../sql/flow.ts'
import { lockedTables } from '../../sql/locks.ts'
import { defineSqlRule } from '../sql-rule.ts'
import type { Found } from '../sql-rule.ts'

export const backfillInDdlTx = defineSqlRule({
  name: 'backfill-in-ddl-tx',
  summary: 'Rows are not filled in the transaction that changes their table',
  severity: 'error',
  sparesNew: true,
  sparesSmall: true,
  why: 'the lock of the ALTER TABLE is kept until every row is written, and nobody can read or write that long',
  fix: 'commit the change of the table first, then fill the rows in batches, each in a transaction of its own',
  on: { UpdateStmt: check, DeleteStmt: check, InsertStmt: check },
})

function check(node: object, at: At): Found {
  const table = changedRows(at.statement)?.table ?? tableName((node as { readonly relation?: RangeVar }).relation)
  if (changedRows(at.statement) === undefined && !isLargeInsert(at)) return undefined
  const altered = beforeInTransaction(at).some(
    (each) => each.tag === 'AlterTableStmt' && lockedTables(each).includes(table),
  )
  return altered ? { message: `rows of ${shown(table)} are written while this transaction locks it`, table } : undefined
}

function isLargeInsert({ statement }: At): boolean {
  const select = asNode(asNode(statement.node, 'InsertStmt')?.selectStmt, 'SelectStmt')
  return select !== undefined && select.valuesLists === undefined
}
