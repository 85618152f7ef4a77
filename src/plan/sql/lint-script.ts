import type { Script } from '../../sql/script.ts'
import type { Origin, Statement } from '../../sql/statement.ts'
import type { At } from './flow.ts'
import { isNew } from './flow.ts'
import type { Severity } from '../rules/rule.ts'
import type { Found, Spot, SqlRule } from '../rules/sql-rule.ts'
import { smallTable } from './sql-facts.ts'
import type { SqlFacts } from './sql-facts.ts'

/** What a rule found in a script, without the place it is written at. */
export interface ScriptFinding extends Omit<Required<Spot>, 'table'> {
  readonly rule: string
  readonly severity: Severity
}

export interface ScriptInput {
  readonly facts: SqlFacts
  /** Scripts that run before this one, in order. */
  readonly earlier: readonly Script[]
  readonly rules: readonly SqlRule[]
  /** Whether a rule has that name, in or out of this list. */
  readonly isRule: (name: string) => boolean
}

/** What every rule finds in a script, in the order of the text. Pure. */
export function lintScript(script: Script, { facts, earlier, rules, isRule }: ScriptInput): readonly ScriptFinding[] {
  const flows: readonly (readonly [Statement | undefined, readonly Statement[]])[] = [
    [undefined, script.flow],
    ...script.statements.flatMap((owner): [Statement, readonly Statement[]][] =>
      owner.tag === 'CreateFunctionStmt' && owner.body !== undefined ? [[owner, owner.body.statements]] : [],
    ),
  ]
  const inFlows = flows.flatMap(([owner, flow]) =>
    flow.flatMap((statement, index) => {
      const at = { script, flow, index, statement, owner, facts, earlier }
      return rules.flatMap((rule) => findingsAt(rule, at))
    }),
  )
  const inScripts = rules.flatMap((rule) =>
    spotsOf(rule.script?.(script, { facts, earlier, isRule })).map((spot) => asFinding(rule, spot, 0)),
  )
  return [...inFlows, ...inScripts].sort((a, b) => a.index - b.index)
}

function findingsAt(rule: SqlRule, at: At): readonly ScriptFinding[] {
  const { statement } = at
  if (!origins(rule).includes(statement.origin)) return []
  const handle = rule.on[statement.tag] as ((node: object, at: At) => Found) | undefined
  const node = Reflect.get(statement.node, statement.tag) as object
  return spotsOf(handle?.(node, at))
    .filter(({ table }) => table === undefined || rule.sparesNew !== true || !isNew(at, table))
    .map((spot) => sized(rule, spot, at))
    .map((spot) => asFinding(rule, editable(spot, statement), statement.start))
}

function origins({ inBodies }: SqlRule): readonly Origin[] {
  if (inBodies === 'only') return ['function']
  return inBodies === 'too' ? ['script', 'do', 'function'] : ['script', 'do']
}

function spotsOf(found: Found): readonly Spot[] {
  return found === undefined ? [] : 'message' in found ? [found] : found
}

/** On a table of which the server says that it is small, nobody waits long. */
function sized(rule: SqlRule, spot: Spot, { facts }: At): Spot {
  if (rule.sparesSmall !== true || spot.table === undefined) return spot
  const rows = facts.rows(spot.table)
  if (rows === undefined || rows >= smallTable) return spot
  return { ...spot, severity: 'note', message: `${spot.message} (about ${rows} rows)` }
}

function editable(spot: Spot, { origin, dynamic }: Statement): Spot {
  return origin === 'script' && !dynamic ? spot : { ...spot, edits: [] }
}

function asFinding(rule: SqlRule, spot: Spot, start: number): ScriptFinding {
  const { message, index = start, severity = rule.severity, why = rule.why, fix = rule.fix, edits = [] } = spot
  return { rule: rule.name, message, index, severity, why, fix, edits }
}
