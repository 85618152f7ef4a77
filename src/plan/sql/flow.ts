import type { Node } from 'libpg-query'
import { stringsOf, tableName } from '../../sql/names.ts'
import type { Script } from '../../sql/script.ts'
import type { Statement } from '../../sql/statement.ts'
import { asNode, findNodes } from '../../sql/tree.ts'
import type { SqlFacts } from './sql-facts.ts'

/** A statement as rules see it: among those that run before and after it. */
export interface At {
  readonly script: Script
  /** What runs in order: the script with its DO blocks, or the body of one function. */
  readonly flow: readonly Statement[]
  readonly index: number
  readonly statement: Statement
  /** The function whose body it is in. */
  readonly owner: Statement | undefined
  readonly facts: SqlFacts
  /** Scripts that run before this one, in order. */
  readonly earlier: readonly Script[]
}

export function before({ flow, index }: At): readonly Statement[] {
  return flow.slice(0, index)
}

export function after({ flow, index }: At): readonly Statement[] {
  return flow.slice(index + 1)
}

/** What runs in the same transaction, the statement itself included; undefined where it runs by itself. */
export function transactionOf({ script, flow, index, statement }: At): readonly Statement[] | undefined {
  if (statement.origin === 'function' || script.source.inTransaction === true) return flow
  const begin = flow.slice(0, index + 1).findLastIndex((each) => transactionKind(each) === 'begin')
  const open = begin !== -1 && !flow.slice(begin, index).some((each) => transactionKind(each) === 'end')
  if (open) return flow.slice(begin, endOf(flow, index))
  if (statement.origin === 'script') return undefined
  const first = flow.slice(0, index).findLastIndex(({ tag }) => tag === 'DoStmt')
  const next = flow.findIndex(({ origin }, at) => at > index && origin === 'script')
  const block = flow.slice(first + 1, next === -1 ? flow.length : next)
  return block.some(({ tag }) => tag === 'TransactionStmt') ? undefined : block
}

function endOf(flow: readonly Statement[], from: number): number {
  const end = flow.findIndex((each, at) => at >= from && transactionKind(each) === 'end')
  return end === -1 ? flow.length : end
}

/** Whether it begins or ends a transaction of the script. */
export function transactionKind({ node, origin }: Statement): 'begin' | 'end' | undefined {
  const kind = origin === 'script' ? asNode(node, 'TransactionStmt')?.kind : undefined
  if (kind === 'TRANS_STMT_BEGIN' || kind === 'TRANS_STMT_START') return 'begin'
  return kind === 'TRANS_STMT_COMMIT' || kind === 'TRANS_STMT_ROLLBACK' ? 'end' : undefined
}

/** Whether the same script, or the same function, has made the table just before, so that nobody waits for it. */
export function isNew(at: At, table: string): boolean {
  return before(at).some((each) => createdTable(each) === table) || isTemporary(at, table)
}

function isTemporary({ statement }: At, table: string): boolean {
  return table.startsWith('pg_temp.') || asNode(statement.node, 'CreateStmt')?.relation?.relpersistence === 't'
}

/** The full name of the table that a statement makes. */
export function createdTable({ node }: Statement): string | undefined {
  const made =
    asNode(node, 'CreateStmt')?.relation ??
    asNode(node, 'CreateTableAsStmt')?.into?.rel ??
    asNode(node, 'SelectStmt')?.intoClause?.rel
  return made === undefined ? undefined : tableName(made)
}

/** The value that a setting has at a statement, as far as the script says; `''` for one given by an expression. */
export function settingAt(at: At, name: string): string | undefined {
  const scope = new Set(transactionOf(at))
  for (const each of before(at).toReversed()) {
    const { local, value } = settingOf(each.node, name) ?? {}
    if (value !== undefined && (local !== true || scope.has(each))) return value
  }
  return undefined
}

interface Setting {
  readonly local: boolean
  readonly value: string
}

function settingOf(node: Node, name: string): Setting | undefined {
  const set = asNode(node, 'VariableSetStmt')
  if (set === undefined) return configuredBy(node, name)
  if (set.name?.toLowerCase() !== name || set.kind !== 'VAR_SET_VALUE') return undefined
  return { local: set.is_local ?? false, value: valueOf(set.args?.[0]) }
}

function valueOf(node: Node | undefined): string {
  const constant = asNode(node, 'A_Const')
  if (constant?.ival !== undefined) return String(constant.ival.ival ?? 0)
  return constant?.sval?.sval ?? ''
}

/** What set_config() sets in a SELECT. */
function configuredBy(node: Node, name: string): Setting | undefined {
  const calls = findNodes(asNode(node, 'SelectStmt'), 'FuncCall')
  const call = calls.find(
    ({ funcname, args }) => stringsOf(funcname).at(-1) === 'set_config' && valueOf(args?.[0]).toLowerCase() === name,
  )
  return call === undefined ? undefined : { local: false, value: valueOf(call.args?.[1]) }
}

/** Every function that the script and those before it define, in order. */
export function definedBefore({ script, statement, earlier }: At): readonly Statement[] {
  const here = script.statements.slice(0, script.statements.indexOf(statement))
  return [...earlier.flatMap(({ statements }) => statements), ...here].filter(({ tag }) => tag === 'CreateFunctionStmt')
}
