import type { Node, SelectStmt } from 'libpg-query'
import { columnPath } from '../../../sql/names.ts'
import { asNode, nodesIn } from '../../../sql/tree.ts'
import { distanceOf, isDistance } from '../../sql/vectors.ts'
import { defineSqlRule } from '../sql-rule.ts'

export const vectorOrderNotIndexed = defineSqlRule({
  name: 'vector-order-not-indexed',
  summary: 'The nearest rows are asked for in the way that an index can answer',
  severity: 'warning',
  inBodies: 'too',
  ofDefinitions: true,
  why: 'only ORDER BY the distance itself, ascending, with a LIMIT, uses a vector index; by anything computed from it every row is measured and sorted',
  fix: 'ORDER BY embedding <=> query LIMIT n, and compute the similarity in the select list',
  on: {
    SelectStmt(select, { statement }) {
      const [first] = nodesIn(select.sortClause, 'SortBy')
      if (first === undefined || distanceOf([select.targetList, select.sortClause]) === undefined) return undefined
      const direct = isDistance(first.node) && first.sortby_dir !== 'SORTBY_DESC'
      const aliased = aliases(select).some(
        ({ name, distance }) => name === columnPath(asNode(first.node, 'ColumnRef') ?? {}).join('.') && distance,
      )
      if (direct || (aliased && first.sortby_dir !== 'SORTBY_DESC')) return undefined
      return isComputed(select, first.node)
        ? { message: 'rows are ordered by something computed from a distance', index: statement.at(first.location) }
        : undefined
    },
  },
})

function aliases({
  targetList,
}: SelectStmt): readonly { readonly name: string; readonly distance: boolean; readonly computed: boolean }[] {
  return nodesIn(targetList, 'ResTarget').flatMap(({ name, val }) =>
    name === undefined ? [] : [{ name, distance: isDistance(val), computed: distanceOf(val) !== undefined }],
  )
}

/** Ordered by an expression of a distance, or by the name that the select list gives one. */
function isComputed(select: SelectStmt, by: Node | undefined): boolean {
  if (distanceOf(by) !== undefined) return true
  const name = columnPath(asNode(by, 'ColumnRef') ?? {}).join('.')
  return aliases(select).some((each) => each.name === name && each.computed)
}
