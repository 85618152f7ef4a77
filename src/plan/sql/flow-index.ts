import type { Node } from 'libpg-query'
import { stringsOf, tableName } from '../../sql/names.ts'
import type { Statement } from '../../sql/statement.ts'
import { asNode, findNodes } from '../../sql/tree.ts'

/** Statements of a flow that are one transaction: from one index up to, and without, another. */
export interface Span {
  readonly from: number
  readonly to: number
}

/** A setting made by the statement at an index. */
interface Setting {
  readonly index: number
  readonly name: string
  readonly value: string
  readonly local: boolean
}

/** What is asked of a flow again and again, found in one pass over it. */
interface FlowIndex {
  readonly positions: ReadonlyMap<Statement, number>
  /** By full name, the index of the statement that makes the table first. */
  readonly created: ReadonlyMap<string, number>
  readonly settings: readonly Setting[]
  /** The transaction that the flow itself opens around each statement. */
  readonly spans: readonly (Span | undefined)[]
}

const known = new WeakMap<readonly Statement[], FlowIndex>()

/** The index of a flow; made at the first call. */
export function indexOfFlow(flow: readonly Statement[]): FlowIndex {
  const found = known.get(flow) ?? buildIndex(flow)
  known.set(flow, found)
  return found
}

function buildIndex(flow: readonly Statement[]): FlowIndex {
  const created = new Map<string, number>()
  for (const [index, each] of flow.entries()) {
    const table = createdTable(each)
    if (table !== undefined && !created.has(table)) created.set(table, index)
  }
  return {
    positions: new Map(flow.map((each, index) => [each, index])),
    created,
    settings: flow.flatMap(({ node }, index) => settingsOf(node).map((setting) => ({ ...setting, index }))),
    spans: spansOf(flow),
  }
}

/** By BEGIN and COMMIT; without them a DO block that does not commit is one. */
function spansOf(flow: readonly Statement[]): readonly (Span | undefined)[] {
  const spans: (Span | undefined)[] = flow.map(() => undefined)
  const fill = (from: number, to: number): void => void spans.fill({ from, to }, from, to)
  let begun: number | undefined
  for (const [index, each] of flow.entries()) {
    const kind = transactionKind(each)
    if (kind === 'begin') begun ??= index
    if (kind === 'end' && begun !== undefined) {
      fill(begun, index)
      begun = undefined
    }
    if (begun === undefined && each.tag === 'DoStmt') {
      const next = flow.findIndex(({ origin }, at) => at > index && origin === 'script')
      const end = next === -1 ? flow.length : next
      if (!flow.slice(index + 1, end).some(({ tag }) => tag === 'TransactionStmt')) fill(index + 1, end)
    }
  }
  if (begun !== undefined) fill(begun, flow.length)
  return spans
}

/** Whether it begins or ends a transaction of the script. */
export function transactionKind({ node, origin }: Statement): 'begin' | 'end' | undefined {
  const kind = origin === 'script' ? asNode(node, 'TransactionStmt')?.kind : undefined
  if (kind === 'TRANS_STMT_BEGIN' || kind === 'TRANS_STMT_START') return 'begin'
  return kind === 'TRANS_STMT_COMMIT' || kind === 'TRANS_STMT_ROLLBACK' ? 'end' : undefined
}

/** The full name of the table that a statement makes. */
export function createdTable({ node }: Statement): string | undefined {
  const made =
    asNode(node, 'CreateStmt')?.relation ??
    asNode(node, 'CreateTableAsStmt')?.into?.rel ??
    asNode(node, 'SelectStmt')?.intoClause?.rel
  return made === undefined ? undefined : tableName(made)
}

function settingsOf(node: Node): readonly Omit<Setting, 'index'>[] {
  const set = asNode(node, 'VariableSetStmt')
  if (set !== undefined) {
    if (set.kind !== 'VAR_SET_VALUE') return []
    return [{ name: set.name?.toLowerCase() ?? '', value: valueOf(set.args?.[0]), local: set.is_local ?? false }]
  }
  return findNodes(asNode(node, 'SelectStmt'), 'FuncCall')
    .filter(({ funcname }) => stringsOf(funcname).at(-1) === 'set_config')
    .map(({ args }) => ({ name: valueOf(args?.[0]).toLowerCase(), value: valueOf(args?.[1]), local: false }))
}

function valueOf(node: Node | undefined): string {
  const constant = asNode(node, 'A_Const')
  if (constant?.ival !== undefined) return String(constant.ival.ival ?? 0)
  return constant?.sval?.sval ?? ''
}
