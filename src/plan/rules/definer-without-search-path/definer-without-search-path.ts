import type { Node } from 'libpg-query'
import { listedName, shown, stringsOf } from '../../../sql/names.ts'
import { asNode, nodesIn } from '../../../sql/tree.ts'
import { after } from '../../sql/flow.ts'
import { functionHead } from '../../sql/functions.ts'
import { defineSqlRule } from '../sql-rule.ts'

export const definerWithoutSearchPath = defineSqlRule({
  name: 'definer-without-search-path',
  summary: 'A function that runs as its owner says where names are looked up',
  severity: 'error',
  why: 'the caller sets search_path, so that the function calls what the caller has put there, with the rights of its owner',
  fix: "add SET search_path = '' and write the schema before every name",
  ofDefinitions: true,
  on: {
    CreateFunctionStmt(create, at) {
      const head = functionHead(create)
      if (!head.definer || head.settings.includes('search_path')) return undefined
      const later = after(at).some(({ node }) => setsPath(node, head.name))
      return later
        ? undefined
        : { message: `${shown(head.name)} is security definer and takes the search_path of its caller` }
    },
    AlterFunctionStmt({ func, actions }) {
      const definer = nodesIn(actions, 'DefElem').some(
        ({ defname, arg }) => defname === 'security' && asNode(arg, 'Boolean')?.boolval === true,
      )
      if (!definer || nodesIn(actions, 'DefElem').some(({ defname }) => defname === 'set')) return undefined
      return {
        message: `${stringsOf(func?.objname).join('.')} becomes security definer and takes the search_path of its caller`,
      }
    },
  },
})

function setsPath(node: Node, name: string): boolean {
  const alter = asNode(node, 'AlterFunctionStmt')
  if (alter === undefined || listedName({ ObjectWithArgs: alter.func ?? {} }) !== name) return false
  return nodesIn(alter.actions, 'DefElem').some(({ arg }) => asNode(arg, 'VariableSetStmt')?.name === 'search_path')
}
