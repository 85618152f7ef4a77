import { addedConstraints } from '../../../sql/alterations.ts'
import { shown, tableName } from '../../../sql/names.ts'
import { defineSqlRule } from '../sql-rule.ts'

export const primaryKeyDirect = defineSqlRule({
  name: 'primary-key-direct',
  summary: 'A primary key is made from an index that was built concurrently',
  severity: 'error',
  sparesNew: true,
  sparesSmall: true,
  why: 'the index is built, and every row checked for NULL, while nobody can read or write the table',
  fix: 'build a unique index concurrently and make the columns NOT NULL through a validated check, then ADD CONSTRAINT … PRIMARY KEY USING INDEX',
  on: {
    AlterTableStmt(alter) {
      const table = tableName(alter.relation)
      return addedConstraints(alter, 'CONSTR_PRIMARY')
        .filter(({ constraint }) => constraint.indexname === undefined)
        .map(() => ({ message: `the primary key of ${shown(table)} is built while the table is locked`, table }))
    },
  },
})
