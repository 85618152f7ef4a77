import { transactionOf } from '../../sql/flow.ts'
import { insertAfter } from '../../sql/words.ts'
import { defineSqlRule } from '../sql-rule.ts'

export const setWithoutLocal = defineSqlRule({
  name: 'set-without-local',
  summary: 'A setting made in a transaction ends with it',
  severity: 'warning',
  why: 'behind a pool the connection goes on to somebody else, with the setting',
  fix: 'SET LOCAL',
  on: {
    VariableSetStmt({ kind, is_local, name }, at) {
      if (
        is_local === true ||
        transactionOf(at) === undefined ||
        kind !== 'VAR_SET_VALUE' ||
        at.statement.origin !== 'script'
      )
        return undefined
      return {
        message: `${name} stays set on the connection when the transaction has ended`,
        edits: insertAfter(at, 'set', ' local'),
      }
    },
  },
})
