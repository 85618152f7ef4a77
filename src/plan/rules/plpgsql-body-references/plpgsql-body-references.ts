import { listedName, shown, tableName } from '../../../sql/names.ts'
import type { Statement } from '../../../sql/statement.ts'
import { asNode, findNodes } from '../../../sql/tree.ts'
import { after, definedBefore } from '../../sql/flow.ts'
import type { At } from '../../sql/flow.ts'
import { functionHead } from '../../sql/functions.ts'
import { defineSqlRule } from '../sql-rule.ts'
import type { Spot } from '../sql-rule.ts'

export const plpgsqlBodyReferences = defineSqlRule({
  name: 'plpgsql-body-references',
  summary: 'Bodies of functions can be read, and name what is there',
  severity: 'error',
  why: 'Postgres looks at a body when it is called: a mistake in it, or a column gone, is found by users',
  fix: 'mend the body; replace the function before what it names is dropped or renamed; plpgsql_check finds more',
  ofDefinitions: true,
  on: {
    CreateFunctionStmt(_, { statement }) {
      const { problem } = statement.body ?? {}
      return problem === undefined
        ? undefined
        : { message: `the body cannot be read: ${problem.message}`, index: problem.index }
    },
    DropStmt(drop, at) {
      if (drop.removeType !== 'OBJECT_TABLE') return undefined
      return (drop.objects ?? []).map(listedName).flatMap((table) => stale(at, table, `${shown(table)} is dropped`))
    },
    RenameStmt({ renameType, relation }, at) {
      return renameType === 'OBJECT_TABLE'
        ? stale(at, tableName(relation), `${shown(tableName(relation))} is renamed`)
        : undefined
    },
  },
})

/** Functions that name a table which is no longer there afterwards, and are not replaced. */
function stale(at: At, table: string, what: string): readonly Spot[] {
  const later = after(at)
  const viewed = later.some(({ node }) => tableName(asNode(node, 'ViewStmt')?.view) === table)
  const functions = new Map(definedBefore(at).map((each) => [nameOf(each), each]))
  return [...functions].flatMap(([name, { body }]) => {
    const names =
      body?.statements.some(({ node }) => findNodes(node, 'RangeVar').some((each) => tableName(each) === table)) ??
      false
    return names && !viewed && !later.some((each) => nameOf(each) === name)
      ? [{ message: `${what}, and ${shown(name)} names it` }]
      : []
  })
}

function nameOf({ node }: Statement): string {
  const create = asNode(node, 'CreateFunctionStmt')
  return create === undefined ? '' : functionHead(create).name
}
