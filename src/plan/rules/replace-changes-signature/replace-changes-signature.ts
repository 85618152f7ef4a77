import { listedName, shown } from '../../../sql/names.ts'
import type { Statement } from '../../../sql/statement.ts'
import { asNode } from '../../../sql/tree.ts'
import { before, definedBefore } from '../../sql/flow.ts'
import type { At } from '../../sql/flow.ts'
import { functionHead } from '../../sql/functions.ts'
import { defineSqlRule } from '../sql-rule.ts'

export const replaceChangesSignature = defineSqlRule({
  name: 'replace-changes-signature',
  summary: 'A function keeps what it is called with and what it returns',
  severity: 'error',
  why: 'another return type or parameter name is refused (42P13); another argument type makes a second function beside the first, which PostgREST may find ambiguous',
  fix: 'a new name for the new signature, or drop and create in one transaction with grants and dependents (postgres.replaceFunction)',
  on: {
    CreateFunctionStmt(create, at) {
      if (create.replace !== true) return undefined
      const head = functionHead(create)
      const others = definedBefore(at).filter(({ node }) => {
        const other = asNode(node, 'CreateFunctionStmt')
        return other !== undefined && functionHead(other).name === head.name
      })
      const last = others.at(-1)
      const known = asNode(last?.node, 'CreateFunctionStmt')
      if (last === undefined || known === undefined || isDropped(at, last, head.name)) return undefined
      const old = functionHead(known)
      if (old.arguments.join() !== head.arguments.join())
        return {
          message: `${shown(head.name)} (${head.arguments.join(', ')}) becomes a second function beside (${old.arguments.join(', ')})`,
        }
      if (old.returns !== head.returns)
        return {
          message: `${shown(head.name)} returned ${old.returns} and cannot be replaced by one that returns ${head.returns}`,
        }
      return old.parameters.join() === head.parameters.join()
        ? undefined
        : { message: `${shown(head.name)} has other parameter names than before` }
    },
  },
})

function isDropped(at: At, last: Statement, name: string): boolean {
  const all = [...at.earlier.flatMap(({ flow }) => flow), ...before(at)]
  return all
    .slice(all.indexOf(last))
    .some(({ node }) => (asNode(node, 'DropStmt')?.objects ?? []).map(listedName).includes(name))
}
