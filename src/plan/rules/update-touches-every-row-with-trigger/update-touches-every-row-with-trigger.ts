import { shown, tableName } from '../../../sql/names.ts'
import { asNode } from '../../../sql/tree.ts'
import { changedRows } from '../../sql/batches.ts'
import { isBounded } from '../../sql/conditions.ts'
import { before } from '../../sql/flow.ts'
import { defineSqlRule } from '../sql-rule.ts'

export const updateTouchesEveryRowWithTrigger = defineSqlRule({
  name: 'update-touches-every-row-with-trigger',
  summary: 'It is known which triggers a backfill fires',
  severity: 'note',
  sparesNew: true,
  why: 'each row fires it: time stamps all become now, audits double, events go out for changes that nobody made',
  fix: 'let the trigger pass over the backfill (WHEN (…), or a setting it looks at), or say that it is meant',
  on: {
    UpdateStmt(_, at) {
      const { table, where } = changedRows(at.statement) ?? {}
      if (table === undefined || (isBounded(where) && !at.statement.inLoop)) return undefined
      const triggers = [...at.earlier.flatMap(({ flow }) => flow), ...before(at)].flatMap(({ node }) => {
        const trigger = asNode(node, 'CreateTrigStmt')
        // 16 is UPDATE among the events of a trigger.
        return trigger?.row === true &&
          ((trigger.events ?? 0) & 16) !== 0 &&
          trigger.whenClause === undefined &&
          tableName(trigger.relation) === table
          ? [trigger.trigname ?? '']
          : []
      })
      return triggers.length === 0
        ? undefined
        : { message: `each row of ${shown(table)} fires ${triggers.join(', ')}`, table }
    },
  },
})
