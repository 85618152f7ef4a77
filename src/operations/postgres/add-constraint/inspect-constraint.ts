import { LockstepError } from '../../../kernel/errors.ts'
import { printTable, quoteIdentifier, quoteTable } from '../../../kernel/identifiers.ts'
import { sqlState } from '../../../stores/tables.ts'
import { listed } from '../../../tenants/fleet.ts'
import { checkSql, missingColumns } from '../../column-checks.ts'
import type { Look, PlanWarning } from '../../operation.ts'
import { countInTables, tablesInTheWay, uncounted } from '../../row-counts.ts'
import type { Inspected, Inspection } from '../../structure-operation.ts'
import type { Refusal } from '../../table-passes.ts'
import type { TableState } from '../../table-state.ts'
import type { AddConstraintSpec, Rule } from './add-constraint.ts'
import { constraintName, isEqual, printConstraint, quotedColumns, referencedTable } from './constraint-sql.ts'
import { keyProblems, referencedColumns } from './referenced-key.ts'

/** That the constraint can be made everywhere, and that no row violates it. */
export async function inspectConstraint(spec: AddConstraintSpec, given: Inspection): Promise<Inspected> {
  const { tables, todo, look } = given
  const { rule } = spec
  const missing = missingColumns(tables, rule.kind === 'check' ? [] : rule.columns)
  const early = missing.length > 0 ? missing : [...takenNames(spec, tables), ...(await unfit(rule, todo, look))]
  if (early.length > 0) return { problems: early }
  const to = rule.kind === 'foreign key' ? await referencedColumns(rule, todo, look) : []
  const counts = await countInTables(todo, (table) => violating(rule, table, to), look)
  const [table] = todo
  const find = table === undefined ? '' : violating(rule, table, to)
  return {
    problems: [],
    unfit: tablesInTheWay(
      counts,
      `${rule.kind === 'unique' ? 'values' : 'rows'} violate ${printConstraint(spec)}`,
      `find them with ${find}; mend them, then plan again`,
    ),
    warnings: [...uncounted(counts, 'violations'), ...warnings(spec, todo)],
    ...(to.length === 0 ? {} : { basis: { to } }),
  }
}

/** A query of what violates the rule in one table; for a unique constraint of the values that repeat. */
function violating(rule: Rule, table: TableState, to: readonly string[]): string {
  const name = quoteTable(table)
  switch (rule.kind) {
    case 'check':
      return `select 1 from ${name} where not (${rule.sql})`
    case 'foreign key': {
      const set = rule.columns.map((column) => `t.${quoteIdentifier(column)} is not null`)
      const same = rule.columns.map((column, n) => `r.${quoteIdentifier(to[n] ?? '')} = t.${quoteIdentifier(column)}`)
      return `select 1 from ${name} t where ${set.join(' and ')} and not exists (select from ${referencedTable(rule.references, table.key)} r where ${same.join(' and ')})`
    }
    case 'unique':
      return repeated(
        rule.columns,
        name,
        rule.columns.map((column) => `${quoteIdentifier(column)} is not null`).join(' and '),
      )
    case 'primary key': {
      const empty = rule.columns.map((column) => `${quoteIdentifier(column)} is null`).join(' or ')
      return `select ${quotedColumns(rule.columns)} from ${name} where ${empty} union all ${repeated(rule.columns, name, `not (${empty})`)}`
    }
  }
}

function repeated(columns: readonly string[], table: string, where: string): string {
  const keys = quotedColumns(columns)
  return `select ${keys} from ${table} where ${where} group by ${keys} having count(*) > 1`
}

async function unfit(rule: Rule, todo: readonly TableState[], look: Look): Promise<readonly LockstepError[]> {
  const [table] = todo
  if (table === undefined) return []
  switch (rule.kind) {
    case 'check':
      return checkSql(look, table, [{ what: 'the check', sql: rule.sql, type: 'boolean' }])
    case 'foreign key':
      return keyProblems(rule, todo, look)
    case 'unique':
      return []
    case 'primary key': {
      const keyed = todo.filter(({ shape }) => shape.primaryKey.length > 0)
      if (keyed.length === 0) return []
      const hint = 'a table has one: add a unique constraint instead'
      return [
        new LockstepError('LS-2125', `${keyed.length} of ${todo.length} tables have another primary key`, {
          where: { name: listed(keyed.map(printTable)) },
          hint,
        }),
      ]
    }
  }
}

/** A constraint or index of our name that says something else; checks, whose texts need not agree, are taken for ours. */
function takenNames(spec: AddConstraintSpec, tables: readonly TableState[]): readonly LockstepError[] {
  const taken = tables.filter((table) => {
    const own = constraintName(spec, table.name)
    const constraint = table.shape.constraints.find(({ name }) => name === own)
    if (constraint !== undefined)
      return constraint.kind !== spec.rule.kind || (spec.rule.kind !== 'check' && !isEqual(spec, table, constraint))
    const hasIndex = spec.rule.kind === 'unique' || spec.rule.kind === 'primary key'
    return hasIndex && table.shape.indexes.some(({ name, valid }) => name === own && valid)
  })
  const [first] = taken
  if (first === undefined) return []
  return [
    new LockstepError('LS-2124', `something else has the name ${constraintName(spec, first.name)}`, {
      where: { name: listed(taken.map(printTable)) },
      hint: 'rename or drop that one, or give this one a name of its own: { name: "…" }',
    }),
  ]
}

function warnings(spec: AddConstraintSpec, todo: readonly TableState[]): readonly PlanWarning[] {
  if (todo.length === 0) return []
  const { rule } = spec
  const clients = {
    code: 'W213' as const,
    message: `clients that violate ${printConstraint(spec)} get errors from the cutover on`,
    hint: 'see that no released client writes such rows, or deletes what others refer to',
  }
  if (rule.kind !== 'foreign key') return [clients]
  const leading = (columns: readonly string[]): boolean =>
    rule.columns.every((column) => columns.slice(0, rule.columns.length).includes(column))
  const bare = todo.filter(
    ({ shape }) =>
      !shape.indexes.some(
        ({ valid, columns, definition }) => valid && leading(columns) && !definition.includes(' WHERE '),
      ),
  )
  if (bare.length === 0) return [clients]
  const columns = rule.columns.map((column) => `'${column}'`).join(', ')
  return [
    clients,
    {
      code: 'W214' as const,
      message: `${bare.length} of ${todo.length} tables have no index on (${rule.columns.join(', ')}): each delete in ${rule.references} scans them`,
      hint: `put postgres.addIndex(…, [${columns}]) before this step`,
    },
  ]
}

const violations = new Set(['23514', '23503', '23505', '23502'])

/** Rows that others wrote since the plan. */
export function refusedRows(spec: AddConstraintSpec, table: TableState, error: unknown): Refusal | undefined {
  if (!violations.has(sqlState(error) ?? '')) return undefined
  const name = printTable(table)
  const { rule } = spec
  const find = rule.kind === 'foreign key' ? '' : `find them with ${violating(rule, table, [])}; `
  return {
    error: new LockstepError('LS-2121', `${name}: rows violate ${printConstraint(spec)}`, {
      where: { name },
      why: 'they were written since the plan was made',
      hint: `${find}mend them and run up again, or go back with down`,
      cause: error,
    }),
  }
}
