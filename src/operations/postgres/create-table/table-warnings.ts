import { printTable } from '../../../kernel/identifiers.ts'
import type { Queryable } from '../../../stores/tables.ts'
import { listed } from '../../../tenants/fleet.ts'
import type { PlanWarning } from '../../operation.ts'
import type { TableDefinition } from './table-definition.ts'
import type { NamedTable } from './template.ts'
import { foreignTables } from './wanted-tables.ts'

/** What a table like this brings with it that nobody may have thought of. Reads only. */
export async function tableWarnings(
  q: Queryable,
  definition: TableDefinition,
  example: NamedTable,
): Promise<readonly PlanWarning[]> {
  return [
    ...(await defaultRights(q, definition, example)),
    ...exposure(definition),
    ...locked(definition),
    ...unindexed(definition),
    ...(await takenIn(q, definition, example)),
  ]
}

/** Rights that `alter default privileges` gives to others on what this role makes in the schema. */
async function defaultRights(
  q: Queryable,
  { grants }: TableDefinition,
  { schema }: NamedTable,
): Promise<readonly PlanWarning[]> {
  const rows = await q.query<{ grantee: string; rights: readonly string[] }>(
    `select case when x.grantee = 0 then 'public' else pg_catalog.pg_get_userbyid(x.grantee)::text end as grantee,
            json_agg(distinct lower(x.privilege_type)) as rights
     from pg_catalog.pg_default_acl d cross join lateral pg_catalog.aclexplode(d.defaclacl) x
     where d.defaclobjtype = 'r' and d.defaclrole = (select oid from pg_catalog.pg_roles where rolname = current_user)
       and d.defaclnamespace in (0, (select oid from pg_catalog.pg_namespace where nspname = $1))
       and x.grantee <> d.defaclrole
     group by 1 order by 1`,
    [schema],
  )
  const undeclared = rows.flatMap(({ grantee, rights }) => {
    const declared = grants.filter((grant) => grant.grantee === grantee).flatMap(({ privileges }) => privileges)
    const taken = rights.filter((right) => !declared.includes(right))
    return taken.length === 0 ? [] : [`${grantee} (${taken.join(', ')})`]
  })
  if (undeclared.length === 0) return []
  return [
    {
      code: 'W218',
      message: `default privileges would give rights on the new table to ${undeclared.join(', ')}: they are taken back in the transaction that makes it`,
      hint: "declare what is meant: grants: { authenticated: ['select'], service_role: 'all' }",
    },
  ]
}

function exposure({ grants, policies, rowSecurity }: TableDefinition): readonly PlanWarning[] {
  const grantees = [...new Set(grants.map(({ grantee }) => grantee))]
  if (grantees.length === 0) return []
  if (!rowSecurity) {
    return [
      {
        code: 'W219',
        message: `row security is off: ${listed(grantees)} may use every row as far as their rights go`,
        hint: 'leave rowSecurity out and declare policies, unless that is meant',
      },
    ]
  }
  const covered = new Set(policies.flatMap(({ roles }) => roles))
  const without = covered.has('public') ? [] : grantees.filter((grantee) => !covered.has(grantee))
  if (without.length === 0) return []
  return [
    {
      code: 'W219',
      message: `row security is on and no policy names ${listed(without)}: they see no row, unless they bypass it`,
      hint: 'declare a policy for them, or no grant',
    },
  ]
}

function locked(definition: TableDefinition): readonly PlanWarning[] {
  const names = [...new Set(foreignTables(definition))]
  if (names.length === 0) return []
  return [
    {
      code: 'W220',
      message: `foreign keys lock ${listed(names)} against writes until the transaction ends, some milliseconds after`,
      hint: 'it gives up after 500 ms and is tried again; long transactions that write there delay it',
    },
  ]
}

/** Columns of a foreign key without an index that begins with them: deleting there reads all of this table. */
function unindexed({ constraints, indexes }: TableDefinition): readonly PlanWarning[] {
  const led = [
    ...indexes.map(({ keys }) => keys.map(({ sql }) => sql.replaceAll('"', ''))),
    ...constraints.flatMap((each) =>
      each.kind === 'key' && !each.definition.startsWith('EXCLUDE')
        ? [(/\(([^)]*)\)/.exec(each.definition)?.[1] ?? '').replaceAll('"', '').split(', ')]
        : [],
    ),
  ]
  const isLed = (columns: readonly string[]): boolean =>
    led.some((keys) => columns.every((column) => keys.slice(0, columns.length).includes(column)))
  return constraints.flatMap((each) =>
    each.kind !== 'foreign key' || isLed(each.columns)
      ? []
      : [
          {
            code: 'W214' as const,
            message: `no index begins with ${each.columns.join(', ')}: deleting from ${each.references ?? 'the table'} will read the whole table`,
            hint: 'add it to indexes',
          },
        ],
  )
}

async function takenIn(
  q: Queryable,
  { publications }: TableDefinition,
  example: NamedTable,
): Promise<readonly PlanWarning[]> {
  const rows = await q.query<{ name: string }>(
    'select pubname as name from pg_catalog.pg_publication where puballtables order by 1',
  )
  const others = rows.map(({ name }) => name).filter((name) => !publications.includes(name))
  if (others.length === 0) return []
  return [
    {
      code: 'W221',
      message: `${listed(others)} publishes all tables, ${printTable(example)} with them`,
      hint: 'its subscribers need a table of that name, or stop',
    },
  ]
}
