import { LockstepError } from '../../../kernel/errors.ts'
import { printTable, quoteIdentifier, quoteTable } from '../../../kernel/identifiers.ts'
import type { TableName } from '../../../kernel/identifiers.ts'
import { sqlState } from '../../../stores/tables.ts'
import { listed } from '../../../tenants/fleet.ts'
import { checkSql, missingColumns } from '../../column-checks.ts'
import type { Look, PlanWarning } from '../../operation.ts'
import { countInTables, tablesInTheWay, uncounted } from '../../row-counts.ts'
import type { Inspected, Inspection } from '../../structure-operation.ts'
import type { TableState } from '../../table-state.ts'
import type { AddIndexSpec } from './add-index.ts'
import { columnsOf, indexNameIn, isEqual, printIndex } from './index-sql.ts'

/** That the index can be built in every table, and that no row stands in the way of a unique one. */
export async function inspectIndex(spec: AddIndexSpec, { tables, todo, look }: Inspection): Promise<Inspected> {
  const missing = missingColumns(tables, columnsOf(spec))
  const problems = [
    ...missing,
    ...takenNames(spec, tables),
    ...(missing.length > 0 ? [] : [...(await unfitMethod(spec, todo, look)), ...(await wrongSql(spec, todo, look))]),
  ]
  if (problems.length > 0 || spec.options.unique !== true) return { problems, warnings: trained(spec, todo) }
  const counts = await countInTables(todo, (table) => groupsSql(spec, table), look)
  return {
    problems: [],
    unfit: tablesInTheWay(counts, `values of ${printIndex(spec)} stand in more than one row`, repeatedHint(spec, todo)),
    warnings: uncounted(counts, 'repeated values'),
  }
}

function keysOf({ on }: AddIndexSpec): readonly string[] {
  if ('expression' in on) return [`(${on.expression})`]
  return on.map((each) => quoteIdentifier(typeof each === 'string' ? each : each.column))
}

/** The values that stand in more than one row; NULL is equal to nothing. */
function groupsSql(spec: AddIndexSpec, table: TableName): string {
  const keys = keysOf(spec)
  const where = spec.options.where === undefined ? [] : [`(${spec.options.where})`]
  const conditions = [...keys.map((key) => `${key} is not null`), ...where]
  return `select ${keys.join(', ')} from ${quoteTable(table)} where ${conditions.join(' and ')} group by ${keys.join(', ')} having count(*) > 1`
}

function repeatedHint(spec: AddIndexSpec, todo: readonly TableState[]): string {
  const [table] = todo
  return `find them with ${table === undefined ? 'group by' : groupsSql(spec, table)}; keep one row of each, then plan again`
}

/** A build that met rows which others wrote since the plan. */
export function refusedBuild(spec: AddIndexSpec, table: TableState, error: unknown): LockstepError | undefined {
  switch (sqlState(error)) {
    case '23505':
      return new LockstepError(
        'LS-2121',
        `${printTable(table)}: values of ${printIndex(spec)} stand in more than one row`,
        {
          where: { name: printTable(table) },
          hint: `find them with ${groupsSql(spec, table)}; keep one row of each and run up again`,
        },
      )
    case '54000':
      return new LockstepError('LS-2125', `${printTable(table)}: a value is too long for ${printIndex(spec)}`, {
        where: { name: printTable(table) },
        hint: 'index a hash of it, as in { expression: "md5(body)" }, and ask for that in queries',
      })
    default:
      return undefined
  }
}

/** An index of our name that is something else. With expressions the texts need not agree: those are taken for ours. */
function takenNames(spec: AddIndexSpec, tables: readonly TableState[]): readonly LockstepError[] {
  const isText = 'expression' in spec.on || spec.options.where !== undefined || spec.options.opclass !== undefined
  const taken = tables.filter((table) =>
    table.shape.indexes.some(
      (index) =>
        index.name === indexNameIn(spec, table.name) &&
        index.valid &&
        !isEqual(spec, index) &&
        (!isText || index.unique !== (spec.options.unique === true)),
    ),
  )
  const [first] = taken
  if (first === undefined) return []
  return [
    new LockstepError('LS-2124', `another index has the name ${indexNameIn(spec, first.name)}`, {
      where: { name: listed(taken.map(printTable)) },
      hint: 'rename or drop that one, or give this one a name of its own: { name: "…" }',
    }),
  ]
}

const limits: Readonly<Record<string, number>> = { vector: 2000, halfvec: 4000 }

/** What the server would only say when it builds: no such method, no operator class, too many dimensions. */
async function unfitMethod(
  spec: AddIndexSpec,
  todo: readonly TableState[],
  look: Look,
): Promise<readonly LockstepError[]> {
  const { using = 'btree', opclass } = spec.options
  if (using !== 'hnsw' && using !== 'ivfflat') return []
  const found = await look.tables.read((q) => q.query('select from pg_catalog.pg_am where amname = $1', [using]))
  if (found.length === 0) {
    const hint = 'create extension vector first; hnsw needs its version 0.5'
    return [new LockstepError('LS-2125', `this server has no ${using} indexes`, { where: { name: using }, hint })]
  }
  if (using === 'hnsw' && opclass === undefined) {
    const hint = 'name the one of the operator you search with: vector_cosine_ops for <=>, vector_l2_ops for <->'
    return [new LockstepError('LS-2125', 'an hnsw index needs an operator class', { where: { name: using }, hint })]
  }
  return todo.flatMap((table) => unfitDimensions(spec, table)).slice(0, 1)
}

function unfitDimensions(spec: AddIndexSpec, table: TableState): readonly LockstepError[] {
  const [column] = columnsOf(spec)
  const type = table.shape.columns.find(({ name }) => name === column)?.type ?? ''
  const [, base = '', dimensions] = /^(?:\w+\.)?(vector|halfvec)(?:\((\d+)\))?$/.exec(type) ?? []
  const limit = limits[base]
  if (limit === undefined || (dimensions !== undefined && Number(dimensions) <= limit)) return []
  const hint =
    dimensions === undefined
      ? `give it some: alter table ${quoteTable(table)} alter column ${quoteIdentifier(column ?? '')} type ${base}(…)`
      : `index it as half the size, { expression: '${column}::halfvec(${dimensions})' }, up to 4000 dimensions, or store fewer`
  const message =
    dimensions === undefined
      ? `column ${column} has no number of dimensions`
      : `column ${column} has ${dimensions} dimensions, an index of ${base} takes ${limit}`
  return [new LockstepError('LS-2125', message, { where: { name: printTable(table) }, hint })]
}

/** Expression and condition, read by the server. */
async function wrongSql(
  { on, options }: AddIndexSpec,
  todo: readonly TableState[],
  look: Look,
): Promise<readonly LockstepError[]> {
  const [table] = todo
  const texts = [
    ...('expression' in on ? [{ what: 'the expression', sql: on.expression, type: 'any' as const }] : []),
    ...(options.where === undefined ? [] : [{ what: 'the condition', sql: options.where, type: 'boolean' as const }]),
  ]
  return table === undefined ? [] : checkSql(look, table, texts)
}

/** Rows below which lists are trained on too little to find anything. */
const enoughRows = 5000

function trained({ target, options }: AddIndexSpec, todo: readonly TableState[]): readonly PlanWarning[] {
  if (options.using !== 'ivfflat') return []
  const small = todo.filter(({ rows }) => rows < enoughRows)
  const hint = 'use hnsw, or no index below a few thousand rows: a scan is exact there'
  const message = `ivfflat learns its lists from the rows there are: ${small.length} of ${todo.length} tables have fewer than ${enoughRows}, as of the statistics`
  const born = `every new tenant's ivfflat index is trained on an empty table`
  return [
    ...(small.length === 0 ? [] : [{ code: 'W210' as const, message, hint }]),
    ...('tenants' in target ? [{ code: 'W210' as const, message: born, hint }] : []),
  ]
}
