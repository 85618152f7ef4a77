import { shown, tableName } from '../../../sql/names.ts'
import { before, settingAt } from '../../sql/flow.ts'
import { defineSqlRule } from '../sql-rule.ts'

export const missingStatementTimeout = defineSqlRule({
  name: 'missing-statement-timeout',
  summary: 'A statement that reads a table under a lock runs under a statement_timeout',
  severity: 'note',
  sparesNew: true,
  why: 'once it has the lock, nothing but its own end gives the table free again',
  fix: "SET LOCAL statement_timeout = '30s' beside the lock_timeout; on PostgreSQL 17 and later mind transaction_timeout too",
  on: {
    AlterTableStmt(alter, at) {
      if (
        alter.objtype !== 'OBJECT_TABLE' ||
        at.script.source.timed === true ||
        settingAt(at, 'statement_timeout') !== undefined
      )
        return undefined
      const told = before(at).some(({ tag }) => tag === 'AlterTableStmt')
      return told
        ? undefined
        : {
            message: `${shown(tableName(alter.relation))} is changed without a limit to how long it takes`,
            table: tableName(alter.relation),
          }
    },
  },
})
