import type { Constraint, CreateStmt, RangeVar } from 'libpg-query'
import { columnsOf } from '../../sql/alterations.ts'
import { stringsOf, tableName } from '../../sql/names.ts'
import type { Script } from '../../sql/script.ts'
import { asNode, nodesIn } from '../../sql/tree.ts'
import type { SqlFacts } from './sql-facts.ts'

const catalogs: ReadonlyMap<string, readonly string[]> = new Map([
  ['information_schema.columns', ['table_name', 'column_name', 'table_schema', 'data_type', 'is_nullable']],
  ['information_schema.tables', ['table_name', 'table_schema', 'table_type']],
  ['public.pg_tables', ['tablename', 'schemaname']],
  ['pg_catalog.pg_tables', ['tablename', 'schemaname']],
])

/** The columns of a table, as far as the database, the scripts or Postgres itself say. */
export function columnsOfTable(table: string, scripts: readonly Script[], facts: SqlFacts): ReadonlySet<string> {
  const made = scripts.flatMap(({ flow, statements }) =>
    [...flow, ...statements.flatMap(({ body }) => body?.statements ?? [])].flatMap(({ node }) => {
      const create = asNode(node, 'CreateStmt')
      return create !== undefined && tableName(create.relation) === table
        ? columnsOf(create).flatMap(({ colname }) => colname ?? [])
        : []
    }),
  )
  return new Set([...made, ...(catalogs.get(table) ?? []), ...(facts.columns(table) ?? [])])
}

export interface ForeignKey {
  readonly columns: readonly string[]
  readonly constraint: Constraint
}

/** The foreign keys that CREATE TABLE writes down. */
export function foreignKeys(create: CreateStmt): readonly ForeignKey[] {
  const ofTable = nodesIn(create.tableElts, 'Constraint')
    .filter(({ contype }) => contype === 'CONSTR_FOREIGN')
    .map((constraint) => ({ columns: stringsOf(constraint.fk_attrs), constraint }))
  const ofColumns = columnsOf(create).flatMap(({ colname, constraints }) =>
    nodesIn(constraints, 'Constraint')
      .filter(({ contype }) => contype === 'CONSTR_FOREIGN')
      .map((constraint) => ({ columns: [colname ?? ''], constraint })),
  )
  return [...ofTable, ...ofColumns]
}

/** The full names of all tables that scripts speak of, in their functions too. */
export function tablesNamed(scripts: readonly Script[]): readonly string[] {
  const nodes = scripts.flatMap(({ flow, statements }) => [
    ...flow,
    ...statements.flatMap(({ body }) => body?.statements ?? []),
  ])
  const names = new Set<string>()
  visit(
    nodes.map(({ node }) => node),
    (relation) => names.add(tableName(relation)),
  )
  return [...names]
}

/** Tables stand in the tree with and without a name of their kind. */
function visit(value: unknown, tell: (relation: RangeVar) => void): void {
  if (typeof value !== 'object' || value === null) return
  if ('relname' in value && 'relpersistence' in value) tell(value as RangeVar)
  for (const child of Object.values(value)) visit(child, tell)
}
