import type { Node } from 'libpg-query'
import { operatorName, shown } from '../../../sql/names.ts'
import { asNode, nodesIn } from '../../../sql/tree.ts'
import { changedRows } from '../../sql/batches.ts'
import { columnNames } from '../../sql/conditions.ts'
import { defineSqlRule } from '../sql-rule.ts'

export const backfillNotIdempotent = defineSqlRule({
  name: 'backfill-not-idempotent',
  summary: 'A backfill that runs twice gives what it gives once',
  severity: 'warning',
  sparesNew: true,
  why: 'after a crash nobody knows which rows were changed, and running it again changes them a second time',
  fix: 'write the result into a column of its own, or mark changed rows in the same statement and leave marked ones out',
  on: {
    UpdateStmt(_, at) {
      const changed = changedRows(at.statement)
      if (changed === undefined || isSingleRow(changed.where)) return undefined
      const targets = nodesIn(changed.targets, 'ResTarget')
      const named = new Set(targets.map(({ name }) => name ?? ''))
      const guarded = [...columnNames(changed.where)].some((name) => named.has(name))
      const twice = guarded ? undefined : targets.find(({ name, val }) => changesItself(name ?? '', val))
      return twice === undefined
        ? undefined
        : {
            message: `${twice.name} of ${shown(changed.table)} is computed from itself, and nothing tells rows that are done`,
            table: changed.table,
          }
    },
  },
})

function changesItself(name: string, value: Node | undefined): boolean {
  const computed = asNode(value, 'A_Expr')
  const operator = operatorName(computed?.name)
  return /^([-+*/%]|\|\|)$/.test(operator) && columnNames(value).has(name)
}

function isSingleRow(where: Node | undefined): boolean {
  const compared = asNode(where, 'A_Expr')
  return compared?.kind === 'AEXPR_OP' && operatorName(compared.name) === '=' && columnNames(where).size === 1
}
