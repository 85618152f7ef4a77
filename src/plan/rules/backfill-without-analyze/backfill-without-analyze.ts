import { shown, tableName } from '../../../sql/names.ts'
import { asNode, nodesIn } from '../../../sql/tree.ts'
import { changedRows } from '../../sql/batches.ts'
import { before } from '../../sql/flow.ts'
import type { At } from '../../sql/flow.ts'
import { defineSqlRule } from '../sql-rule.ts'
import type { Found } from '../sql-rule.ts'

export const backfillWithoutAnalyze = defineSqlRule({
  name: 'backfill-without-analyze',
  summary: 'Statistics are fresh before a table is walked in batches',
  severity: 'note',
  sparesNew: true,
  why: 'with stale statistics the planner may read the whole table for each batch, so that the time grows with the square of the rows',
  fix: 'ANALYZE the table first',
  on: { UpdateStmt: check, DeleteStmt: check },
})

function check(_: object, at: At): Found {
  const changed = changedRows(at.statement)
  if (changed === undefined || !at.statement.inLoop) return undefined
  const analyzed = before(at).some(({ node }) => {
    const vacuum = asNode(node, 'VacuumStmt')
    const tables = nodesIn(vacuum?.rels, 'VacuumRelation').map(({ relation }) => tableName(relation))
    return vacuum !== undefined && (tables.length === 0 || tables.includes(changed.table))
  })
  return analyzed
    ? undefined
    : { message: `${shown(changed.table)} is walked in batches without ANALYZE before`, table: changed.table }
}
