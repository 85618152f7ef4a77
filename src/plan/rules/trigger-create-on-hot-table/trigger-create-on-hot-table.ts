import { shown, tableName } from '../../../sql/names.ts'
import { defineSqlRule } from '../sql-rule.ts'

export const triggerCreateOnHotTable = defineSqlRule({
  name: 'trigger-create-on-hot-table',
  summary: 'A new trigger keeps writers out for a moment',
  severity: 'note',
  sparesNew: true,
  sparesSmall: true,
  why: 'CREATE TRIGGER waits for every writer of the table, and new ones wait behind it; every row written later pays for it',
  fix: 'give it a lock_timeout and a transaction of its own; expand and contract needs such triggers, so this is no fault',
  on: {
    CreateTrigStmt(trigger) {
      const table = tableName(trigger.relation)
      return { message: `the trigger ${trigger.trigname} stops writers of ${shown(table)} for a moment`, table }
    },
  },
})
