import type { A_Expr, Node } from 'libpg-query'
import { columnPath, operatorName } from '../../sql/names.ts'
import { asNode, findNodes } from '../../sql/tree.ts'

/**
 * Whether a condition picks few rows or a range: by a value, a list, a range with two ends, or a query with a limit. Where
 * a name may be a `variable`, as in PL/pgSQL, equality with one is equality with a value.
 */
export function isBounded(where: Node | undefined, variable = false): boolean {
  if (where === undefined) return false
  const logic = asNode(where, 'BoolExpr')
  const parts = logic?.args ?? []
  if (logic?.boolop === 'AND_EXPR') return parts.some((part) => isBounded(part, variable)) || hasBothEnds(parts)
  if (logic?.boolop === 'OR_EXPR') return parts.every((part) => isBounded(part, variable))
  const compared = asNode(where, 'A_Expr')
  return limited(where) || (compared !== undefined && picks(compared, variable))
}

/** Whether a comparison holds for few rows, as far as it says. */
function picks({ kind, name, lexpr, rexpr }: A_Expr, variable: boolean): boolean {
  if (kind === 'AEXPR_BETWEEN' || kind === 'AEXPR_IN' || kind === 'AEXPR_OP_ANY') return true
  if (kind !== 'AEXPR_OP' || operatorName(name) !== '=') return false
  return isGiven(lexpr) !== isGiven(rexpr) || (variable && !isGiven(lexpr))
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
