import { shown, tableName } from '../../../sql/names.ts'
import { transactionOf } from '../../sql/flow.ts'
import { insertAfter } from '../../sql/words.ts'
import { defineSqlRule } from '../sql-rule.ts'

export const indexNotConcurrent = defineSqlRule({
  name: 'index-not-concurrent',
  summary: 'An index on a table in use is built concurrently',
  severity: 'error',
  sparesNew: true,
  sparesSmall: true,
  why: 'a plain CREATE INDEX keeps every writer of the table waiting until it is built',
  fix: 'CREATE INDEX CONCURRENTLY, outside of a transaction, as a statement of its own',
  on: {
    IndexStmt(index, at) {
      if (index.concurrent === true) return undefined
      const table = tableName(index.relation)
      const edits = transactionOf(at) === undefined ? insertAfter(at, 'index', ' concurrently') : []
      return { message: `an index on ${shown(table)} is built while writers wait`, table, edits }
    },
  },
})
