import { addedConstraints } from '../../../sql/alterations.ts'
import { shown, tableName } from '../../../sql/names.ts'
import { defineSqlRule } from '../sql-rule.ts'

export const uniqueConstraintDirect = defineSqlRule({
  name: 'unique-constraint-direct',
  summary: 'A unique constraint is made from an index that was built concurrently',
  severity: 'error',
  sparesNew: true,
  sparesSmall: true,
  why: 'the index of the constraint is built while nobody can read or write the table',
  fix: 'CREATE UNIQUE INDEX CONCURRENTLY, then ALTER TABLE … ADD CONSTRAINT … UNIQUE USING INDEX',
  on: {
    AlterTableStmt(alter) {
      const table = tableName(alter.relation)
      return addedConstraints(alter, 'CONSTR_UNIQUE')
        .filter(({ constraint }) => constraint.indexname === undefined)
        .map(({ constraint }) => ({
          message: `the index of ${constraint.conname ?? 'the unique constraint'} is built while ${shown(table)} is locked`,
          table,
        }))
    },
  },
})
