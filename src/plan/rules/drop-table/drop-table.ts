import { isStandIn } from '../../../sql/dynamic-sql.ts'
import { listedName, shown } from '../../../sql/names.ts'
import { createdTable } from '../../sql/flow-index.ts'
import { after } from '../../sql/flow.ts'
import type { At } from '../../sql/flow.ts'
import { defineSqlRule } from '../sql-rule.ts'

export const dropTable = defineSqlRule({
  name: 'drop-table',
  summary: 'A table is renamed to a tombstone before it is dropped',
  severity: 'error',
  why: 'its rows are gone, and everything that still reads it fails at once',
  fix: 'rename it to a tombstone, wait until nobody has missed it, save it, and drop it in a later migration',
  on: {
    DropStmt(drop, at) {
      if (drop.removeType !== 'OBJECT_TABLE') return undefined
      return (drop.objects ?? [])
        .map(listedName)
        .filter((name) => !isStandIn(name) && !isRebuilt(at, name))
        .map((name) => ({ message: `${shown(name)} is dropped with its rows`, table: name }))
    },
  },
  sparesNew: true,
})

/** Another rule speaks of a table that is dropped and made again. */
function isRebuilt(at: At, table: string): boolean {
  return after(at).some((each) => createdTable(each) === table)
}
