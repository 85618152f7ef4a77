import { quoteLiteral } from '../../../kernel/identifiers.ts'
import type { Extension } from '../../provisioning.ts'
import { tagOfSpec } from '../../step-target.ts'
import type { CreateTableSpec } from './create-table.ts'
import type { TableDefinition } from './table-definition.ts'
import { tableStatements } from './table-sql.ts'
import { referenceBySql, renderedBySql } from './template.ts'
import { foreignTables } from './wanted-tables.ts'

/** Two that make the same table at once wait for each other; the later one finds it made. */
export function tableLock(schema: string, table: string): string {
  return `pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtextextended('lockstep table ' || ${schema} || '.' || ${table}, 0))`
}

/**
 * SQL that is true where there is no table of that name, by a look at the catalog itself: after a wait for an advisory
 * lock the session's cache would still not know it.
 */
export function isAbsent(schema: string, table: string): string {
  return `not exists (select from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace where n.nspname = ${schema} and c.relname = ${table})`
}

/** Tenants born from now on get the table with the others. */
export function tableExtension(spec: CreateTableSpec, definition: TableDefinition): Extension {
  const { make, refer } = tableStatements(definition)
  const references = foreignTables(definition).map(
    (each) => ` and pg_catalog.to_regclass(${referenceBySql(each)}) is not null`,
  )
  const absent = isAbsent('lockstep_schema', 'lockstep_table')
  const script = [...make, ...refer].map(renderedBySql).join(` || ${quoteLiteral(';\n')} || `)
  return {
    tag: tagOfSpec('createTable', spec),
    what: `table ${'tenants' in spec.target ? spec.target.tenants : spec.target.table}`,
    makes: true,
    lacks: absent + references.join(''),
    statements: [`'select ' || ${lockByName}`, `case when ${absent} then ${script} else 'select 1' end`],
  }
}

const lockByName = `pg_catalog.format(${quoteLiteral(tableLock('%L', '%L'))}, lockstep_schema, lockstep_table)`
