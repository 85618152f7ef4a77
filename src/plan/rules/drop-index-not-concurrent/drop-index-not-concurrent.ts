import { listedName, shown, tableName } from '../../../sql/names.ts'
import { asNode } from '../../../sql/tree.ts'
import { before, isNew, transactionOf } from '../../sql/flow.ts'
import type { At } from '../../sql/flow.ts'
import { insertAfter } from '../../sql/words.ts'
import { defineSqlRule } from '../sql-rule.ts'

export const dropIndexNotConcurrent = defineSqlRule({
  name: 'drop-index-not-concurrent',
  summary: 'An index is dropped concurrently',
  severity: 'error',
  why: 'DROP INDEX locks the whole table, and waits for every query that is under way while all later ones wait for it',
  fix: 'DROP INDEX CONCURRENTLY, one index a statement, outside of a transaction',
  on: {
    DropStmt(drop, at) {
      if (drop.removeType !== 'OBJECT_INDEX' || drop.concurrent === true) return undefined
      const names = (drop.objects ?? []).map(listedName)
      if (names.every((name) => isMadeHere(at, name))) return undefined
      const alone = names.length === 1 && drop.behavior !== 'DROP_CASCADE' && transactionOf(at) === undefined
      const edits = alone ? insertAfter(at, 'index', ' concurrently') : []
      return { message: `dropping ${names.map(shown).join(', ')} locks its table for readers and writers`, edits }
    },
  },
})

/** The script itself has made it, on a table of its own. */
function isMadeHere(at: At, name: string): boolean {
  return before(at).some(({ node }) => {
    const index = asNode(node, 'IndexStmt')
    return index?.idxname === name.split('.').at(-1) && isNew(at, tableName(index?.relation))
  })
}
