import { quoteIdentifier } from '../../../kernel/identifiers.ts'
import { constantOf } from './same-sql.ts'
import { quotedNames } from './table-sql.ts'
import { listOf } from './table-options.ts'
import type { DeclaredTable, NewColumn, NewIndex, NewPolicy, TableSettings } from './table-options.ts'
import type {
  ColumnDefinition,
  ConstraintDefinition,
  GrantDefinition,
  IndexDefinition,
  PolicyDefinition,
  TableDefinition,
} from './table-definition.ts'

/** What a spec says of a table, types and operator classes as they are written there. */
export function declaredDefinition(options: DeclaredTable): TableDefinition {
  const key = listOf(options.primaryKey)
  return withSettings(
    {
      columns: Object.entries(options.columns).map(([name, column]) => columnOf(name, column, key)),
      constraints: constraintsOf(options),
      indexes: (options.indexes ?? []).map(indexOf),
      policies: [],
      triggers: [],
      rowSecurity: true,
      forced: false,
      grants: [],
      storage: {},
      publications: [],
    },
    options,
  )
}

/** A definition with the settings that are given in the place of its own. */
export function withSettings(definition: TableDefinition, settings: TableSettings): TableDefinition {
  const { grants, policies, rowSecurity, owner, publication, storage, comment } = settings
  return {
    ...definition,
    ...(grants === undefined ? {} : { grants: grantsOf(grants) }),
    ...(policies === undefined ? {} : { policies: policies.map(policyOf) }),
    ...(rowSecurity === undefined ? {} : { rowSecurity: rowSecurity !== false, forced: rowSecurity === 'forced' }),
    ...(owner === undefined ? {} : { owner }),
    ...(publication === undefined ? {} : { publications: [...listOf(publication)].sort() }),
    ...(storage === undefined ? {} : { storage: textsOf(storage) }),
    ...(comment === undefined ? {} : { comment }),
  }
}

function columnOf(name: string, given: string | NewColumn, key: readonly string[]): ColumnDefinition {
  const column = typeof given === 'string' ? { type: given } : given
  const value = column.default
  const sql =
    typeof value === 'object' ? value.sql : value === undefined ? undefined : constantOf(String(value), column.type)
  return {
    name,
    type: column.type,
    notNull: column.notNull === true || column.identity !== undefined || key.includes(name),
    default: sql,
    identity: column.identity,
    generated: column.generated,
    collation: column.collation?.split('.').map(quoteIdentifier).join('.'),
    comment: column.comment,
  }
}

function constraintsOf({
  primaryKey,
  unique,
  checks,
  foreignKeys,
}: DeclaredTable): readonly ConstraintDefinition[] & TableDefinition['constraints'] {
  const key = listOf(primaryKey)
  return [
    ...(key.length === 0 ? [] : [{ kind: 'key' as const, definition: `PRIMARY KEY (${quotedNames(key)})` }]),
    ...(unique ?? []).map((each) => ({ kind: 'key' as const, definition: `UNIQUE (${quotedNames(listOf(each))})` })),
    ...(checks ?? []).map((each) => ({ kind: 'check' as const, ...(typeof each === 'string' ? { sql: each } : each) })),
    ...(foreignKeys ?? []).map(({ columns, to, ...rest }) => ({
      kind: 'foreign key' as const,
      ...rest,
      columns: [...columns],
      to: [...(to ?? [])],
    })),
  ]
}

function indexOf(given: string | readonly string[] | NewIndex): IndexDefinition {
  const index: NewIndex =
    typeof given === 'string' || Array.isArray(given) ? { on: listOf(given) } : (given as NewIndex)
  const key = (sql: string, order?: string, nulls?: string): IndexDefinition['keys'][number] => {
    const descending = order === 'desc'
    return { sql, opclass: index.opclass, descending, nullsFirst: nulls === undefined ? descending : nulls === 'first' }
  }
  return {
    unique: index.unique === true,
    nullsNotDistinct: false,
    method: index.using ?? 'btree',
    keys:
      'expression' in index.on
        ? [key(`(${index.on.expression})`)]
        : index.on.map((each) =>
            typeof each === 'string'
              ? key(quoteIdentifier(each))
              : key(quoteIdentifier(each.column), each.order, each.nulls),
          ),
    include: [...(index.include ?? [])],
    where: index.where,
    with: textsOf(index.with ?? {}),
  }
}

function policyOf({ name, for: command = 'all', to, using, check, restrictive }: NewPolicy): PolicyDefinition {
  return { name, command, permissive: restrictive !== true, roles: [...listOf(to)].sort(), using, check }
}

function grantsOf(grants: NonNullable<TableSettings['grants']>): GrantDefinition[] {
  return Object.entries(grants).map(([grantee, rights]) => ({
    grantee,
    privileges: [...listOf(rights)].sort(),
    grantable: false,
  }))
}

function textsOf(settings: Readonly<Record<string, string | number | boolean>>): Record<string, string> {
  return Object.fromEntries(Object.entries(settings).map(([name, value]) => [name, String(value)]))
}
