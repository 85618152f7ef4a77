import { listedName, shown, tableName } from '../../../sql/names.ts'
import { asNode, nodesIn } from '../../../sql/tree.ts'
import { after, before } from '../../sql/flow.ts'
import { defineSqlRule } from '../sql-rule.ts'

export const replaceViewColumns = defineSqlRule({
  name: 'replace-view-columns',
  summary: 'A view is replaced, not dropped and made again',
  severity: 'warning',
  why: 'grants, comments, owner and security_invoker of the dropped view are gone, and it is missing in between',
  fix: 'CREATE OR REPLACE VIEW where columns are only added at the end; else in one transaction with its grants and options spelled out',
  on: {
    ViewStmt({ view }, at) {
      const name = tableName(view)
      const dropped = before(at).some(({ node }) => {
        const drop = asNode(node, 'DropStmt')
        return drop?.removeType === 'OBJECT_VIEW' && (drop.objects ?? []).map(listedName).includes(name)
      })
      if (
        !dropped ||
        after(at).some(({ node }) =>
          nodesIn(asNode(node, 'GrantStmt')?.objects, 'RangeVar').some((each) => tableName(each) === name),
        )
      )
        return undefined
      return { message: `${shown(name)} is dropped and made again without its grants` }
    },
  },
})
