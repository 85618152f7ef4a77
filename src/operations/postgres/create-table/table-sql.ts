import { quoteIdentifier, quoteLiteral } from '../../../kernel/identifiers.ts'
import type {
  ColumnDefinition,
  ConstraintDefinition,
  GrantDefinition,
  IndexDefinition,
  PolicyDefinition,
  TableDefinition,
} from './table-definition.ts'
import { ofUser, referenceTo, theTable, theTableLiteral } from './template.ts'
import type { Template } from './template.ts'

export interface TableStatements {
  /** Touch nothing but the new table. */
  readonly make: readonly Template[]
  /** Lock tables that are there already: they come last. */
  readonly refer: readonly Template[]
}

/** The statements that make the table, with nothing that anybody has not declared, in one transaction. */
export function tableStatements(definition: TableDefinition): TableStatements {
  const { columns, constraints, policies, triggers, publications, owner, comment } = definition
  const alter = (...rest: Template): Template => ['alter table ', theTable, ' ', ...rest]
  return {
    make: [
      createSql(definition),
      ...columns.flatMap(serialSql),
      ...constraints.flatMap((each) => (each.kind === 'foreign key' ? [] : [alter(...constraintSql(each))])),
      ...definition.indexes.map(indexSql),
      ...(definition.rowSecurity ? [alter('enable row level security')] : []),
      ...(definition.forced ? [alter('force row level security')] : []),
      ...policies.map(policySql),
      ...triggers.map(([before, after]): Template => [before, theTable, after]),
      ...(definition.replicaIdentity === undefined ? [] : [alter(`replica identity ${definition.replicaIdentity}`)]),
      ...(comment === undefined ? [] : [['comment on table ', theTable, ` is ${quoteLiteral(comment)}`]]),
      ...columns.flatMap(columnSettings),
      revokeSql,
      ...definition.grants.map(grantSql),
      ...publications.map((each): Template => [`alter publication ${quoteIdentifier(each)} add table `, theTable]),
    ],
    refer: [
      ...constraints.flatMap((each) => (each.kind === 'foreign key' ? [alter(...constraintSql(each))] : [])),
      ...(owner === undefined ? [] : [alter(`owner to ${quoteIdentifier(owner)}`)]),
    ],
  }
}

function createSql({ columns, storage }: TableDefinition): Template {
  const settings = Object.entries(storage).map(([name, value]) => `${name} = ${quoteLiteral(value)}`)
  const body = columns.flatMap((column, n): Template => [n === 0 ? '\n  ' : ',\n  ', ...columnSql(column)])
  return [
    'create table ',
    theTable,
    ' (',
    ...body,
    '\n)',
    settings.length === 0 ? '' : ` with (${settings.join(', ')})`,
  ]
}

function columnSql(column: ColumnDefinition): Template {
  return [
    `${quoteIdentifier(column.name)} ${column.type}`,
    column.collation === undefined ? '' : ` collate ${column.collation}`,
    ...(column.default === undefined ? [] : [' default ', ...ofUser(column.default)]),
    ...(column.generated === undefined ? [] : [' generated always as (', ...ofUser(column.generated), ') stored']),
    column.identity === undefined ? '' : ` generated ${column.identity} as identity`,
    column.notNull ? ' not null' : '',
  ]
}

/** A sequence of the column's own, which goes with the table. */
function serialSql({ name, type, serial }: ColumnDefinition): readonly Template[] {
  if (serial !== true) return []
  const body = `
declare
  t pg_catalog.regclass := lockstep_table;
  s text;
begin
  select pg_catalog.format('%I.%I', n.nspname, pg_catalog.left(c.relname, 40) || '_' || pg_catalog.left(pg_catalog.md5(c.relname || ${quoteLiteral(name)}), 8) || '_seq')
    into s from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace where c.oid = t;
  execute pg_catalog.format('create sequence %s as ${type}', s);
  execute pg_catalog.format('alter table %s alter column %I set default nextval(%L)', t, ${quoteLiteral(name)}, s);
  execute pg_catalog.format('alter sequence %s owned by %s.%I', s, t, ${quoteLiteral(name)});
end`
  const [before = '', after = ''] = body.split('lockstep_table')
  return [['do $lockstep$', before, theTableLiteral, after, ' $lockstep$']]
}

function constraintSql(constraint: ConstraintDefinition): Template {
  switch (constraint.kind) {
    case 'check':
      return [`add ${named(constraint.name)}check (`, ...ofUser(constraint.sql), ')']
    case 'key':
      return [`add ${constraint.definition}`]
    case 'foreign key': {
      const { columns, references, to, onDelete, onUpdate, rest } = constraint
      return [
        `add ${named(constraint.name)}foreign key (${quotedNames(columns)}) references `,
        references === undefined ? theTable : referenceTo(references),
        to.length === 0 ? '' : ` (${quotedNames(to)})`,
        onUpdate === undefined ? '' : ` on update ${onUpdate}`,
        onDelete === undefined ? '' : ` on delete ${onDelete}`,
        rest === undefined ? '' : ` ${rest}`,
      ]
    }
  }
}

function named(name: string | undefined): string {
  return name === undefined ? '' : `constraint ${quoteIdentifier(name)} `
}

export function quotedNames(names: readonly string[]): string {
  return names.map(quoteIdentifier).join(', ')
}

function indexSql(index: IndexDefinition): Template {
  const settings = Object.entries(index.with).map(([name, value]) => `${name} = ${quoteLiteral(value)}`)
  const keys = index.keys.flatMap((key, n): Template => [n === 0 ? '' : ', ', ...keySql(key)])
  return [
    `create ${index.unique ? 'unique ' : ''}index on `,
    theTable,
    ` using ${index.method} (`,
    ...keys,
    ')',
    index.include.length === 0 ? '' : ` include (${quotedNames(index.include)})`,
    index.nullsNotDistinct ? ' nulls not distinct' : '',
    settings.length === 0 ? '' : ` with (${settings.join(', ')})`,
    ...(index.where === undefined ? [] : [' where (', ...ofUser(index.where), ')']),
  ]
}

function keySql(key: IndexDefinition['keys'][number]): Template {
  const nulls = key.descending === key.nullsFirst ? '' : ` nulls ${key.nullsFirst ? 'first' : 'last'}`
  return [
    ...ofUser(key.sql),
    key.collation === undefined ? '' : ` collate ${key.collation}`,
    key.opclass === undefined ? '' : ` ${key.opclass}`,
    (key.descending ? ' desc' : '') + nulls,
  ]
}

function policySql({ name, command, permissive, roles, using, check }: PolicyDefinition): Template {
  return [
    `create policy ${quoteIdentifier(name)} on `,
    theTable,
    ` as ${permissive ? 'permissive' : 'restrictive'} for ${command} to ${roles.map(roleSql).join(', ')}`,
    ...(using === undefined ? [] : [' using (', ...ofUser(using), ')']),
    ...(check === undefined ? [] : [' with check (', ...ofUser(check), ')']),
  ]
}

function roleSql(role: string): string {
  return role === 'public' ? 'public' : quoteIdentifier(role)
}

function grantSql({ grantee, privileges, column, grantable }: GrantDefinition): Template {
  const of = column === undefined ? '' : ` (${quoteIdentifier(column)})`
  const what = privileges.map((privilege) => privilege + of).join(', ')
  return [`grant ${what} on `, theTable, ` to ${roleSql(grantee)}${grantable ? ' with grant option' : ''}`]
}

function columnSettings({ name, comment, storage, compression }: ColumnDefinition): readonly Template[] {
  const column = quoteIdentifier(name)
  const set = (what: string): Template => ['alter table ', theTable, ` alter column ${column} set ${what}`]
  return [
    ...(comment === undefined
      ? []
      : [['comment on column ', theTable, `.${column} is ${quoteLiteral(comment)}`] satisfies Template]),
    ...(storage === undefined ? [] : [set(`storage ${storage}`)]),
    ...(compression === undefined ? [] : [set(`compression ${compression}`)]),
  ]
}

/**
 * Takes back what default privileges gave to others, of the table and the sequences that came with it: only what is
 * declared is granted.
 */
const revokeSql: Template = [
  `do $lockstep$
declare
  t pg_catalog.regclass := `,
  theTableLiteral,
  `;
  r record;
begin
  for r in
    select distinct pg_catalog.format('%I.%I', n.nspname, c.relname) as name, case when c.relkind = 'S' then 'sequence' else 'table' end as kind,
           case when x.grantee = 0 then 'public' else pg_catalog.quote_ident(g.rolname) end as grantee
    from pg_catalog.pg_class c
    join pg_catalog.pg_namespace n on n.oid = c.relnamespace
    cross join lateral pg_catalog.aclexplode(c.relacl) x
    left join pg_catalog.pg_roles g on g.oid = x.grantee
    where x.grantee <> c.relowner
      and (c.oid = t or c.oid in (select d.objid from pg_catalog.pg_depend d
                                  where d.refobjid = t and d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass
                                    and d.refclassid = d.classid and d.refobjsubid > 0))
  loop
    execute pg_catalog.format('revoke all on %s %s from %s', r.kind, r.name, r.grantee);
  end loop;
end
$lockstep$`,
]

/** That statement apart: it says what the declared ones leave open. */
export function isRevoke(template: Template): boolean {
  return template === revokeSql
}
