import { findNodes } from '../../../sql/tree.ts'
import { afterInTransaction, transactionOf } from '../../sql/flow.ts'
import { majorVersion } from '../../sql/sql-facts.ts'
import { defineSqlRule } from '../sql-rule.ts'

export const enumAddInTx = defineSqlRule({
  name: 'enum-add-in-tx',
  summary: 'A new enum value is used in a later transaction than it was added in',
  severity: 'error',
  why: 'a value cannot be used in the transaction that adds it (55P04), and before PostgreSQL 12 cannot be added in one at all',
  fix: 'add it in a transaction of its own, with BEFORE or AFTER where the order matters',
  on: {
    AlterEnumStmt({ newVal, oldVal }, at) {
      if (oldVal !== undefined || newVal === undefined || transactionOf(at) === undefined) return undefined
      if (majorVersion(at.facts) < 12) return { message: `'${newVal}' is added in a transaction` }
      const used = afterInTransaction(at).some(({ node }) =>
        findNodes(node, 'A_Const').some(({ sval }) => sval?.sval === newVal),
      )
      return used ? { message: `'${newVal}' is used in the transaction that adds it` } : undefined
    },
  },
})
