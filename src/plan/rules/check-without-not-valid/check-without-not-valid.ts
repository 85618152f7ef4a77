import { addedConstraints } from '../../../sql/alterations.ts'
import { shown, tableName } from '../../../sql/names.ts'
import { validateLater } from '../../sql/validate-later.ts'
import { defineSqlRule } from '../sql-rule.ts'

export const checkWithoutNotValid = defineSqlRule({
  name: 'check-without-not-valid',
  summary: 'A check is added NOT VALID and validated later',
  severity: 'error',
  sparesNew: true,
  sparesSmall: true,
  why: 'nobody can read or write the table while every row is checked',
  fix: 'ADD CONSTRAINT … NOT VALID, then VALIDATE CONSTRAINT in a later transaction',
  on: {
    AlterTableStmt(alter, at) {
      const table = tableName(alter.relation)
      return addedConstraints(alter, 'CONSTR_CHECK')
        .filter(({ constraint }) => constraint.skip_validation !== true && constraint.is_enforced !== false)
        .map(({ constraint }) => ({
          message: `${constraint.conname ?? 'the check'} is held against every row of ${shown(table)} while the table is locked`,
          table,
          edits: validateLater(at, alter, constraint),
        }))
    },
  },
})
