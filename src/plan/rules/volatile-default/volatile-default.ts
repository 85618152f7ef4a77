import { addedColumns, columnConstraints } from '../../../sql/alterations.ts'
import { functionName, shown, tableName } from '../../../sql/names.ts'
import { findNodes } from '../../../sql/tree.ts'
import { majorVersion } from '../../sql/sql-facts.ts'
import { defineSqlRule } from '../sql-rule.ts'

export const volatileDefault = defineSqlRule({
  name: 'volatile-default',
  summary: 'A new column has a default that is the same for every row',
  severity: 'error',
  sparesNew: true,
  sparesSmall: true,
  why: 'a default that differs from row to row rewrites the whole table and its indexes while nobody can read or write',
  fix: 'add the column without it, then SET DEFAULT for new rows, then backfill the old ones in batches',
  on: {
    AlterTableStmt(alter, at) {
      const table = tableName(alter.relation)
      return addedColumns(alter).flatMap((column) =>
        columnConstraints(column, 'CONSTR_DEFAULT').flatMap(({ raw_expr }) => {
          const call = findNodes(raw_expr, 'FuncCall')
            .map(functionName)
            .find((name) => volatile.has(name))
          const rewritten =
            call === undefined && majorVersion(at.facts) < 11 ? 'a default (before PostgreSQL 11)' : call
          if (rewritten === undefined) return []
          return [{ message: `${column.colname} with ${rewritten} rewrites ${shown(table)}`, table }]
        }),
      )
    },
  },
})

/** Functions that Postgres itself marks volatile; now() is not one of them. */
const volatile: ReadonlySet<string> = new Set([
  'random',
  'clock_timestamp',
  'timeofday',
  'gen_random_uuid',
  'uuidv7',
  'uuidv4',
  'uuid_generate_v1',
  'uuid_generate_v1mc',
  'uuid_generate_v4',
  'nextval',
  'gen_random_bytes',
  'gen_salt',
  'setseed',
])
