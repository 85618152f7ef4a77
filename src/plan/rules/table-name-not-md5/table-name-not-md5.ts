import { constantText, operatorName } from '../../../sql/names.ts'
import { findNodes } from '../../../sql/tree.ts'
import { defineSqlRule } from '../sql-rule.ts'

export const tableNameNotMd5 = defineSqlRule({
  name: 'table-name-not-md5',
  summary: 'Tables of tenants are told by their exact names',
  severity: 'warning',
  why: 'in LIKE the underscore stands for any letter, and a table of another kind that begins alike is changed along',
  fix: "tablename ~ '^user_table_[0-9a-f]{32}$'",
  on: {
    SelectStmt(select, { statement }) {
      const catalog = findNodes(select, 'RangeVar').some(({ relname }) =>
        /^(pg_class|pg_tables|tables)$/.test(relname ?? ''),
      )
      const like = findNodes(select, 'A_Expr').find(
        ({ kind, rexpr }) => kind === 'AEXPR_LIKE' && /^[a-z_]+_%$/.test(constantText(rexpr) ?? ''),
      )
      const exact = findNodes(select, 'A_Expr').some(({ name }) => /^~\*?$/.test(operatorName(name)))
      if (!catalog || like === undefined || exact || statement.origin !== 'do') return undefined
      return { message: `LIKE '${constantText(like.rexpr)}' matches more than the tables of tenants` }
    },
  },
})
