import { transactionKind } from '../../sql/flow-index.ts'
import { after } from '../../sql/flow.ts'
import { defineSqlRule } from '../sql-rule.ts'

export const uncommittedTransaction = defineSqlRule({
  name: 'uncommitted-transaction',
  summary: 'A transaction that is begun is ended',
  severity: 'error',
  why: 'at the end of the connection Postgres rolls all of it back, and nobody is told',
  fix: 'put COMMIT at its end',
  on: {
    TransactionStmt(_, at) {
      if (transactionKind(at.statement) !== 'begin' || at.script.source.inTransaction === true) return undefined
      return after(at).some((each) => transactionKind(each) === 'end')
        ? undefined
        : { message: 'this transaction is never ended' }
    },
  },
})
