import { addedConstraints } from '../../../sql/alterations.ts'
import { shown, tableName } from '../../../sql/names.ts'
import { defineSqlRule } from '../sql-rule.ts'

export const exclusionConstraint = defineSqlRule({
  name: 'exclusion-constraint',
  summary: 'An exclusion constraint cannot be added to a table in use',
  severity: 'error',
  sparesNew: true,
  sparesSmall: true,
  why: 'its index is built while nobody can read or write, and it knows neither NOT VALID nor CONCURRENTLY',
  fix: 'make a new table that has the constraint, copy in batches with triggers that keep both in step, and change places',
  on: {
    AlterTableStmt(alter) {
      const table = tableName(alter.relation)
      return addedConstraints(alter, 'CONSTR_EXCLUSION').map(() => ({
        message: `an exclusion constraint is built while ${shown(table)} is locked`,
        table,
      }))
    },
  },
})
