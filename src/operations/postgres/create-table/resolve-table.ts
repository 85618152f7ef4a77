import { LockstepError } from '../../../kernel/errors.ts'
import { parseTableName, printTable, quoteIdentifier } from '../../../kernel/identifiers.ts'
import type { Queryable } from '../../../stores/tables.ts'
import { refuseManaged } from '../../../tenants/tenants-config.ts'
import { resolveType } from '../../column-types.ts'
import type { CreateTableSpec } from './create-table.ts'
import { declaredDefinition, withSettings } from './declared-table.ts'
import { copied, readTable, spellOut } from './read-table.ts'
import { plannedForm } from './same-sql.ts'
import type { TableDefinition } from './table-definition.ts'
import type { NamedTable } from './template.ts'

export interface Resolved {
  readonly definition: TableDefinition
  /** What makes it impossible to make. */
  readonly problems: readonly LockstepError[]
}

/** What the table is to be, as the server understands it; reads only. `example` is one of the tables to be. */
export async function resolveTable(q: Queryable, spec: CreateTableSpec, example: NamedTable): Promise<Resolved> {
  const { options } = spec
  refuseManaged(example)
  const given = 'like' in options ? await copyOf(q, spec, options.like, example) : declaredDefinition(options)
  const typed = 'like' in options ? given : await withTypes(q, given)
  await spellOut(q)
  const definition = await withRights(q, typed)
  return {
    definition,
    problems: [
      ...(await roleProblems(q, definition, example)),
      ...(await referenceProblems(q, definition, example)),
      ...(await sqlProblems(q, definition, example)),
    ],
  }
}

async function copyOf(
  q: Queryable,
  spec: CreateTableSpec,
  like: string,
  example: NamedTable,
): Promise<TableDefinition> {
  const from = parseTableName(like)
  refuseManaged(from)
  const found = await readTable(q, from)
  if (found === undefined) {
    throw new LockstepError('LS-2107', `table ${like} does not exist, to make another one like it`, {
      where: { name: like },
      hint: 'write its name as it is stored, with its schema if that is not public',
    })
  }
  const copy = copied(found, from, example.name)
  if (
    'tenants' in spec.target &&
    JSON.stringify(copied(found, from, 'x')) !== JSON.stringify(copied(found, from, 'y'))
  ) {
    throw new LockstepError(
      'LS-2127',
      `an expression of ${like} names the table itself, which is another one for each tenant`,
      {
        where: { name: like },
        hint: 'declare the table instead of copying it',
      },
    )
  }
  return withSettings(copy, spec.options)
}

async function withTypes(q: Queryable, definition: TableDefinition): Promise<TableDefinition> {
  const columns: TableDefinition['columns'] = []
  for (const column of definition.columns) {
    const { printed, schema } = await resolveType(q, column.type)
    const isBuiltIn = schema === undefined || schema === 'pg_catalog' || printed.includes('.')
    const type = isBuiltIn ? printed : `${quoteIdentifier(schema)}.${printed}`
    // A constant was written with the type as its cast.
    const cast = `::${column.type}`
    const value =
      column.default?.endsWith(cast) === true ? column.default.slice(0, -cast.length) + `::${type}` : column.default
    columns.push({ ...column, type, default: value })
  }
  const indexes: TableDefinition['indexes'] = []
  for (const index of definition.indexes) {
    const keys: (typeof index)['keys'] = []
    for (const key of index.keys) keys.push({ ...key, opclass: await opclassOf(q, key.opclass, index.method) })
    indexes.push({ ...index, keys })
  }
  return { ...definition, columns, indexes }
}

/** With its schema, which the tenants' function may not have in its search path. */
async function opclassOf(q: Queryable, opclass: string | undefined, method: string): Promise<string | undefined> {
  if (opclass === undefined) return undefined
  const [row] = await q.query<{ name: string }>(
    `select case when n.nspname = 'pg_catalog' then pg_catalog.quote_ident(o.opcname)
                 else pg_catalog.format('%I.%I', n.nspname, o.opcname) end as name
     from pg_catalog.pg_opclass o join pg_catalog.pg_am a on a.oid = o.opcmethod
     join pg_catalog.pg_namespace n on n.oid = o.opcnamespace
     where a.amname = $2 and ($1 = n.nspname || '.' || o.opcname or ($1 = o.opcname and pg_catalog.pg_opclass_is_visible(o.oid)))`,
    [opclass, method],
  )
  if (row !== undefined) return row.name
  throw new LockstepError('LS-2127', `there is no operator class ${opclass} for ${method}`, {
    where: { name: opclass },
    hint: 'check the spelling, or create its extension first',
  })
}

/** `all` is what the owner has on this server. */
async function withRights(q: Queryable, definition: TableDefinition): Promise<TableDefinition> {
  const rows = await q.query<{ name: string }>(
    "select lower(privilege_type) as name from pg_catalog.aclexplode(pg_catalog.acldefault('r', 10)) order by 1",
  )
  const all = rows.map(({ name }) => name)
  return {
    ...definition,
    grants: definition.grants
      .map((grant) => (grant.privileges.includes('all') ? { ...grant, privileges: all } : grant))
      .sort((a, b) => (a.grantee < b.grantee ? -1 : 1)),
  }
}

async function roleProblems(
  q: Queryable,
  { grants, policies, owner, publications }: TableDefinition,
  { schema }: NamedTable,
): Promise<readonly LockstepError[]> {
  const named = [...grants.map(({ grantee }) => grantee), ...policies.flatMap(({ roles }) => roles)]
  const roles = [...new Set([...named, ...(owner === undefined ? [] : [owner])])].filter((role) => role !== 'public')
  const [row] = await q.query<{
    roles: string[]
    publications: string[]
    everything: string[]
    schema: boolean
    create: boolean
    owner: boolean
  }>(
    `select coalesce((select json_agg(r) from unnest($1::text[]) r where not exists (select from pg_catalog.pg_roles where rolname = r)), '[]') as roles,
            coalesce((select json_agg(p) from unnest($2::text[]) p where not exists (select from pg_catalog.pg_publication where pubname = p)), '[]') as publications,
            coalesce((select json_agg(pubname) from pg_catalog.pg_publication where pubname = any($2) and puballtables), '[]') as everything,
            n.oid is not null as schema,
            coalesce(pg_catalog.has_schema_privilege(n.oid, 'create'), false) as create,
            coalesce((select pg_catalog.pg_has_role(o.oid, 'member') and pg_catalog.has_schema_privilege(o.oid, n.oid, 'create')
                      from pg_catalog.pg_roles o where o.rolname = $4), true) as owner
     from (select 1) one left join pg_catalog.pg_namespace n on n.nspname = $3`,
    [roles, publications, schema, owner ?? ''],
  )
  if (row === undefined) return []
  return [
    ...row.roles.map((role) =>
      refuse(`there is no role ${role}`, 'create it first, or correct grants, policies and owner'),
    ),
    ...row.publications.map((each) =>
      refuse(`there is no publication ${each}`, 'create it first, or correct publication'),
    ),
    ...row.everything.map((each) =>
      refuse(`${each} publishes all tables`, 'it needs no naming: leave publication out'),
    ),
    ...(row.schema ? [] : [refuse(`there is no schema ${schema}`, 'create it first')]),
    ...(row.schema && !row.create ? [refuse(`no right to create in schema ${schema}`, 'connect as its owner')] : []),
    ...(row.schema && !row.owner
      ? [
          refuse(
            `${owner ?? ''} cannot be made the owner`,
            `be a member of that role, which has to have CREATE on schema ${schema}`,
          ),
        ]
      : []),
  ]
}

async function referenceProblems(
  q: Queryable,
  { constraints }: TableDefinition,
  { schema, name }: NamedTable,
): Promise<readonly LockstepError[]> {
  const own = printTable({ schema, name })
  const names = constraints.flatMap((each) => {
    const { references } = each.kind === 'foreign key' ? each : { references: undefined }
    return references === undefined || references.includes('{key}') || printTable(parseTableName(references)) === own
      ? []
      : [parseTableName(references)]
  })
  const rows = await q.query<{ schema: string; name: string }>(
    `select w.schema, w.name from unnest($1::text[], $2::text[]) as w(schema, name)
     where not exists (select from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
                       where n.nspname = w.schema and c.relname = w.name and c.relkind in ('r', 'p'))`,
    [names.map((each) => each.schema), names.map((each) => each.name)],
  )
  return rows.map(
    (row) =>
      new LockstepError('LS-2107', `${printTable(row)}, to which a foreign key refers, does not exist`, {
        where: { name: printTable(row) },
        hint: 'write it as it is stored, with its schema if that is not public; {key} stands for the tenant',
      }),
  )
}

/** Every expression is tried where it will stand, with an empty search path, as it may be in the tenants' function. */
async function sqlProblems(
  q: Queryable,
  definition: TableDefinition,
  table: NamedTable,
): Promise<readonly LockstepError[]> {
  const problems: LockstepError[] = []
  for (const [what, sql] of expressionsOf(definition)) {
    const form = await plannedForm(q, sql, { table, columns: definition.columns })
    if ('refused' in form)
      problems.push(
        refuse(
          `${what}: ${form.refused}`,
          'functions, types and tables that are not built in need their schema in front',
        ),
      )
  }
  return problems
}

function expressionsOf({
  columns,
  constraints,
  indexes,
  policies,
}: TableDefinition): readonly (readonly [string, string])[] {
  const truth = (sql: string): string => `(${sql}\n) is true`
  return [
    ...columns.flatMap(({ name, type, default: value, generated }): readonly (readonly [string, string])[] => [
      ...(value === undefined ? [] : [[`the default of ${name}`, `(${value}\n)::${type}`] as const]),
      ...(generated === undefined ? [] : [[`column ${name}`, `(${generated}\n)::${type}`] as const]),
    ]),
    ...constraints.flatMap((each) =>
      each.kind === 'check' ? [[`check (${each.sql})`, truth(each.sql)] as const] : [],
    ),
    ...indexes.flatMap(({ keys, where }) => [
      ...keys.map(({ sql }) => [`the index on ${sql}`, sql] as const),
      ...(where === undefined ? [] : [[`the condition of an index, ${where}`, truth(where)] as const]),
    ]),
    ...policies.flatMap(({ name, using, check }) =>
      [using, check].flatMap((sql) => (sql === undefined ? [] : [[`policy ${name}`, truth(sql)] as const])),
    ),
  ]
}

function refuse(why: string, hint: string): LockstepError {
  return new LockstepError('LS-2127', why, { where: { name: 'createTable' }, hint })
}
