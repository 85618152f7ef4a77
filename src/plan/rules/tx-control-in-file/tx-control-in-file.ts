import { defineSqlRule } from '../sql-rule.ts'

export const txControlInFile = defineSqlRule({
  name: 'tx-control-in-file',
  summary: 'A script that its runner wraps in a transaction ends none',
  severity: 'error',
  why: 'its COMMIT ends the transaction of the runner: what comes before stays when what comes after fails',
  fix: 'take BEGIN and COMMIT out, or have the runner not wrap the file (transaction: false)',
  on: {
    TransactionStmt({ kind }, at) {
      if (at.script.source.inTransaction !== true || at.statement.origin !== 'script') return undefined
      if (kind === 'TRANS_STMT_SAVEPOINT' || kind === 'TRANS_STMT_RELEASE' || kind === 'TRANS_STMT_ROLLBACK_TO')
        return undefined
      return {
        message: `${at.statement.text.split(/\s/)[0]?.toUpperCase()} stands in a script that runs in a transaction already`,
      }
    },
  },
})
