import { shown } from '../../../sql/names.ts'
import { changedRows } from '../../sql/batches.ts'
import { isBounded } from '../../sql/conditions.ts'
import type { At } from '../../sql/flow.ts'
import { defineSqlRule } from '../sql-rule.ts'
import type { Found } from '../sql-rule.ts'

export const unbatchedUpdateDelete = defineSqlRule({
  name: 'unbatched-update-delete',
  summary: 'Many rows are changed in batches',
  severity: 'error',
  sparesNew: true,
  sparesSmall: true,
  why: 'every row it changes stays locked until its end, it doubles the table, floods the replicas, and one failure loses all of it',
  fix: 'key ranges of some thousand rows, committed one by one, as Lockstep does',
  on: { UpdateStmt: check, DeleteStmt: check },
})

function check(_: object, at: At): Found {
  const changed = changedRows(at.statement)
  if (changed === undefined || isBounded(changed.where, at.statement.origin !== 'script') || isTemporary(at))
    return undefined
  const { verb, table, where } = changed
  const what = where === undefined ? 'every row' : 'any number of rows'
  return {
    message: `one ${verb} changes ${what} of ${shown(table)}`,
    table,
    severity: where === undefined ? 'error' : 'warning',
  }
}

/** Catalogs and temporary tables are nobody else's. */
function isTemporary({ statement }: At): boolean {
  const table = changedRows(statement)?.table ?? ''
  return /^(pg_|information_schema)/.test(table) || table === 'public.pg_enum'
}
