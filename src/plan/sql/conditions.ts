import type { Node } from 'libpg-query'
import { columnPath, operatorName } from '../../sql/names.ts'
import { asNode, findNodes } from '../../sql/tree.ts'

/**
 * Whether a condition picks few rows or a range: by a value, a list, a range with two ends, or a query with a limit. Where
 * a name may be a `variable`, as in PL/pgSQL, equality with one is equality with a value.
 */
export function isBounded(where: Node | undefined, variable = false): boolean {
  if (where === undefined) return false
  const and = asNode(where, 'BoolExpr')
  if (and?.boolop === 'AND_EXPR') {
    const parts = and.args ?? []
    return parts.some((part) => isBounded(part, variable)) || hasBothEnds(parts)
  }
  if (and?.boolop === 'OR_EXPR') return (and.args ?? []).every((part) => isBounded(part, variable))
  if (limited(where)) return true
  const compared = asNode(where, 'A_Expr')
  if (compared === undefined) return false
  switch (compared.kind) {
    case 'AEXPR_BETWEEN':
    case 'AEXPR_IN':
    case 'AEXPR_OP_ANY':
      return true
    case 'AEXPR_OP':
      if (operatorName(compared.name) !== '=') return false
      return isGiven(compared.lexpr) !== isGiven(compared.rexpr) || (variable && !isGiven(compared.lexpr))
    default:
      return false
  }
}

/** A sub-select that ends by itself. */
function limited(where: Node): boolean {
  return findNodes(asNode(where, 'SubLink')?.subselect, 'SelectStmt').some(({ limitCount }) => limitCount !== undefined)
}

function hasBothEnds(parts: readonly Node[]): boolean {
  const operators = parts.map((part) => operatorName(asNode(part, 'A_Expr')?.name))
  return (
    operators.some((name) => name.startsWith('>')) && operators.some((name) => name.startsWith('<') && name !== '<>')
  )
}

/** A constant, a parameter, or a value computed from nothing in the row. */
function isGiven(node: Node | undefined): boolean {
  return findNodes(node, 'ColumnRef').length === 0
}

/** The names of all columns in a tree, without their tables. */
export function columnNames(root: unknown): ReadonlySet<string> {
  return new Set(findNodes(root, 'ColumnRef').flatMap((ref) => columnPath(ref).at(-1) ?? []))
}
