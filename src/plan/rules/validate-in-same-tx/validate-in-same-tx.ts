import { commandsOf } from '../../../sql/alterations.ts'
import { shown, tableName } from '../../../sql/names.ts'
import { beforeInTransaction } from '../../sql/flow.ts'
import { lockedTables } from '../../sql/locks.ts'
import { defineSqlRule } from '../sql-rule.ts'

export const validateInSameTx = defineSqlRule({
  name: 'validate-in-same-tx',
  summary: 'A constraint is validated in a later transaction than it was added in',
  severity: 'error',
  sparesNew: true,
  sparesSmall: true,
  why: 'the lock of ADD CONSTRAINT is kept until the transaction ends, so it is held while every row is read',
  fix: 'commit between ADD CONSTRAINT … NOT VALID and VALIDATE CONSTRAINT',
  on: {
    AlterTableStmt(alter, at) {
      const table = tableName(alter.relation)
      const locked = beforeInTransaction(at).some((each) => lockedTables(each).includes(table))
      if (!locked) return undefined
      return commandsOf(alter, 'AT_ValidateConstraint').map(({ name }) => ({
        message: `${name ?? 'the constraint'} is validated while this transaction locks ${shown(table)}`,
        table,
      }))
    },
  },
})
