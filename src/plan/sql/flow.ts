import type { Script } from '../../sql/script.ts'
import type { Statement } from '../../sql/statement.ts'
import { asNode } from '../../sql/tree.ts'
import { indexOfFlow } from './flow-index.ts'
import type { Span } from './flow-index.ts'
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

/** The transaction that the statement runs in, the statement itself included; undefined where it runs by itself. */
export function transactionOf({ script, flow, index, statement }: At): Span | undefined {
  if (statement.origin === 'function' || script.source.inTransaction === true) return { from: 0, to: flow.length }
  return indexOfFlow(flow).spans[index]
}

/** What runs before the statement in the same transaction; nothing where it runs by itself. */
export function beforeInTransaction(at: At): readonly Statement[] {
  return at.flow.slice(transactionOf(at)?.from ?? at.index, at.index)
}

/** What runs after the statement in the same transaction; nothing where it runs by itself. */
export function afterInTransaction(at: At): readonly Statement[] {
  return at.flow.slice(at.index + 1, transactionOf(at)?.to ?? at.index + 1)
}

/** The same for another statement of the flow. */
export function atOther(at: At, statement: Statement): At {
  return { ...at, statement, index: indexOfFlow(at.flow).positions.get(statement) ?? at.index }
}

/** Whether the same script, or the same function, has made the table just before, so that nobody waits for it. */
export function isNew({ flow, index, statement }: At, table: string): boolean {
  const temporary = asNode(statement.node, 'CreateStmt')?.relation?.relpersistence === 't'
  return (indexOfFlow(flow).created.get(table) ?? index) < index || table.startsWith('pg_temp.') || temporary
}

/** The value that a setting has at a statement, as far as the script says; `''` for one given by an expression. */
export function settingAt(at: At, name: string): string | undefined {
  const from = transactionOf(at)?.from ?? at.index
  return indexOfFlow(at.flow).settings.findLast(
    (each) => each.name === name && each.index < at.index && (!each.local || each.index >= from),
  )?.value
}

/** Every function that the script and those before it define, in order. */
export function definedBefore({ script, statement, earlier }: At): readonly Statement[] {
  const here = script.statements.slice(0, script.statements.indexOf(statement))
  return [...earlier.flatMap(({ statements }) => statements), ...here].filter(({ tag }) => tag === 'CreateFunctionStmt')
}
