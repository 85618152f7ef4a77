import { shown, tableName } from '../../../sql/names.ts'
import { asNode } from '../../../sql/tree.ts'
import { after } from '../../sql/flow.ts'
import { defineSqlRule } from '../sql-rule.ts'

export const renameTable = defineSqlRule({
  name: 'rename-table',
  summary: 'A renamed table leaves a view of its old name',
  severity: 'error',
  sparesNew: true,
  why: 'clients know one name: the old ones fail from that moment, the new ones until then',
  fix: 'in the same transaction create a view of the old name (with security_invoker = true), and drop it when old clients are gone',
  on: {
    RenameStmt({ renameType, relation, newname }, at) {
      if (renameType !== 'OBJECT_TABLE') return undefined
      const table = tableName(relation)
      const viewed = after(at).some(({ node }) => tableName(asNode(node, 'ViewStmt')?.view) === table)
      if (viewed || isTombstone(newname ?? '')) return undefined
      return { message: `${shown(table)} is called ${newname} from one moment to the next`, table }
    },
  },
})

/** A name that says that nobody is to use it any more. */
function isTombstone(name: string): boolean {
  return /(^|_)(gone|dropped|tombstone|trash|deprecated|unused)(_|\d|$)/.test(name)
}
