import type { At } from '../../sql/flow.ts'
import { runsAlone } from '../../sql/locks.ts'
import { defineSqlRule } from '../sql-rule.ts'
import type { Found } from '../sql-rule.ts'

export const pg14IndexCorruption = defineSqlRule({
  name: 'pg14-index-corruption',
  summary: 'No index is built concurrently on PostgreSQL 14.0 to 14.3',
  severity: 'error',
  why: 'concurrent builds of these versions can leave out rows that were updated meanwhile, so that queries miss them',
  fix: 'upgrade to 14.4 or later, and REINDEX what was built concurrently before',
  on: { IndexStmt: check, ReindexStmt: check },
})

function check(_: object, at: At): Found {
  const version = at.facts.serverVersion ?? 0
  if (version < 140_000 || version > 140_003) return undefined
  const what = runsAlone(at.statement)
  return what === undefined
    ? undefined
    : { message: `${what} on PostgreSQL 14.${version % 10_000} may build a corrupt index` }
}
