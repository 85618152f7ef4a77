import type { ColumnDef } from 'libpg-query'
import { addedConstraints, columnConstraints } from '../../../sql/alterations.ts'
import { shown, tableName } from '../../../sql/names.ts'
import { validateLater } from '../../sql/validate-later.ts'
import { defineSqlRule } from '../sql-rule.ts'

export const fkWithoutNotValid = defineSqlRule({
  name: 'fk-without-not-valid',
  summary: 'A foreign key is added NOT VALID and validated later',
  severity: 'error',
  sparesNew: true,
  sparesSmall: true,
  why: 'both tables take no writes while every row is looked up',
  fix: 'ADD CONSTRAINT … NOT VALID, then VALIDATE CONSTRAINT in a later transaction',
  on: {
    AlterTableStmt(alter, at) {
      const table = tableName(alter.relation)
      return addedConstraints(alter, 'CONSTR_FOREIGN')
        .filter(({ constraint, column }) => constraint.skip_validation !== true && !isEmptyColumn(column))
        .map(({ constraint }) => ({
          message:
            `the foreign key ${constraint.conname ?? ''} to ${shown(tableName(constraint.pktable))} is checked while writers of both tables wait`.replace(
              '  ',
              ' ',
            ),
          table,
          edits: validateLater(at, alter, constraint),
        }))
    },
  },
})

/** A column that is added with it and has no value yet has nothing to be looked up. */
function isEmptyColumn(column: ColumnDef | undefined): boolean {
  return column !== undefined && columnConstraints(column, 'CONSTR_DEFAULT').length === 0
}
