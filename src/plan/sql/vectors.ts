import type { IndexStmt, Node } from 'libpg-query'
import { operatorName, stringsOf, tableName } from '../../sql/names.ts'
import type { Script } from '../../sql/script.ts'
import { asNode, findNodes, nodesIn } from '../../sql/tree.ts'

const operators: Readonly<Record<string, string>> = {
  l2: '<->',
  cosine: '<=>',
  ip: '<#>',
  l1: '<+>',
  hamming: '<~>',
  jaccard: '<%>',
}

/** An index of pgvector. */
export interface VectorIndex {
  readonly table: string
  readonly method: string
  readonly column: string
  /** The operator that it serves. */
  readonly operator: string
}

/** The index as one of pgvector; undefined where it is none. */
function vectorIndex({ accessMethod, relation, indexParams }: IndexStmt): VectorIndex | undefined {
  if (accessMethod !== 'ivfflat' && accessMethod !== 'hnsw') return undefined
  const [element] = nodesIn(indexParams, 'IndexElem')
  const kind = /_(\w+)_ops$/.exec(stringsOf(element?.opclass).at(-1) ?? '')?.[1] ?? 'l2'
  return {
    table: tableName(relation),
    method: accessMethod,
    column: element?.name ?? '',
    operator: operators[kind] ?? '',
  }
}

/** The vector indexes that scripts make, those that their functions make included. */
export function vectorIndexes(scripts: readonly Script[]): readonly VectorIndex[] {
  const statements = scripts.flatMap(({ statements }) =>
    statements.flatMap((each) => [each, ...(each.body?.statements ?? [])]),
  )
  return statements.flatMap(({ node }) => {
    const index = asNode(node, 'IndexStmt')
    return (index === undefined ? undefined : vectorIndex(index)) ?? []
  })
}

/** Whether an expression is itself the distance of two vectors. */
export function isDistance(node: Node | undefined): boolean {
  return Object.values(operators).includes(operatorName(asNode(node, 'A_Expr')?.name))
}

/** The operator of distance that is used anywhere in a tree, and the column it is of. */
export function distanceOf(
  root: unknown,
): { readonly operator: string; readonly column: string; readonly location: number | undefined } | undefined {
  const found = findNodes(root, 'A_Expr').find(({ name }) => Object.values(operators).includes(operatorName(name)))
  if (found === undefined) return undefined
  const column = stringsOf(asNode(found.lexpr, 'ColumnRef')?.fields ?? asNode(found.rexpr, 'ColumnRef')?.fields).at(-1)
  return { operator: operatorName(found.name), column: column ?? '', location: found.location }
}
