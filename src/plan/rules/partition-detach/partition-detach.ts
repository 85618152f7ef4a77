import { commandsOf } from '../../../sql/alterations.ts'
import { shown, tableName } from '../../../sql/names.ts'
import { asNode } from '../../../sql/tree.ts'
import { transactionOf } from '../../sql/flow.ts'
import { majorVersion } from '../../sql/sql-facts.ts'
import { defineSqlRule } from '../sql-rule.ts'

export const partitionDetach = defineSqlRule({
  name: 'partition-detach',
  summary: 'A partition is detached concurrently',
  severity: 'error',
  why: 'the whole partitioned table is locked for readers and writers, and waits for every query under way',
  fix: 'DETACH PARTITION … CONCURRENTLY (PostgreSQL 14 and later), outside of a transaction',
  on: {
    AlterTableStmt(alter, at) {
      const edits =
        transactionOf(at) === undefined ? [{ from: at.statement.end, to: at.statement.end, text: ' concurrently' }] : []
      return commandsOf(alter, 'AT_DetachPartition')
        .filter(({ def }) => asNode(def, 'PartitionCmd')?.concurrent !== true && majorVersion(at.facts) >= 14)
        .map(() => ({ message: `detaching locks all of ${shown(tableName(alter.relation))}`, edits }))
    },
  },
})
