import { tableName } from '../../sql/names.ts'
import type { Statement } from '../../sql/statement.ts'
import { asNode } from '../../sql/tree.ts'
import type { Node } from 'libpg-query'

/** The rows of a table that UPDATE or DELETE changes. */
export interface ChangedRows {
  readonly verb: 'UPDATE' | 'DELETE'
  readonly table: string
  readonly where: Node | undefined
  /** What an UPDATE sets. */
  readonly targets: readonly Node[]
}

/** What UPDATE or DELETE changes; undefined for any other statement. */
export function changedRows({ node }: Statement): ChangedRows | undefined {
  const update = asNode(node, 'UpdateStmt')
  if (update !== undefined)
    return {
      verb: 'UPDATE',
      table: tableName(update.relation),
      where: update.whereClause,
      targets: update.targetList ?? [],
    }
  const removal = asNode(node, 'DeleteStmt')
  if (removal === undefined) return undefined
  return { verb: 'DELETE', table: tableName(removal.relation), where: removal.whereClause, targets: [] }
}
