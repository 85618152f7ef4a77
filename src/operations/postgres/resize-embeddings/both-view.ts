import { md5 } from '../../../kernel/checksum.ts'
import { quoteIdentifier, quoteLiteral, quoteTable } from '../../../kernel/identifiers.ts'
import type { TableName } from '../../../kernel/identifiers.ts'
import type { ColumnShape } from '../../../tenants/catalog.ts'
import type { TableState } from '../../table-state.ts'
import { bothSchema, forgetWaitingSql } from './both-store.ts'
import { comparable, isComputed, waitsTrigger } from './capture-sql.ts'
import { keyOf, keyText, knownAs, vectorPath } from './vector-change.ts'
import type { VectorChange } from './vector-change.ts'

/** Dimensions of the vectors that the app's table has now, and of those that clients of the other model write. */
export interface Dimensions {
  readonly now: number
  readonly other: number
}

/** Whether clients of both models have a view of each table. */
export function hasView({ spec }: VectorChange): boolean {
  return spec.options.view === true
}

function bothView({ name }: TableName): string {
  return `${bothSchema}.${quoteIdentifier(name)}`
}

/** A statement that keeps clients out of the view, where there is one: they lock it before the table. */
export function lockView(table: TableName): string {
  const view = bothView(table)
  return `do $lockstep$ begin
  if pg_catalog.to_regclass(${quoteLiteral(view)}) is not null then alter view ${view} set (security_invoker = true); end if;
end $lockstep$`
}

/** A script that takes the view away and all that is noted for it, but for its trigger on the table. */
export function dropView(table: TableName): string {
  return `drop view if exists ${bothView(table)}; ${forgetWaitingSql(table)}`
}

/** The same, with the trigger: the table is there. */
export function hideView(table: TableName): readonly string[] {
  return [dropView(table), `drop trigger if exists ${quoteIdentifier(waitsTrigger)} on ${quoteTable(table)}`]
}

const isIdentity = (column: ColumnShape): boolean => column.generated && column.default === undefined

/** The columns whose values come from a row that is inserted without them. */
export function identitiesOf({ shape }: TableState): readonly ColumnShape[] {
  return shape.columns.filter(isIdentity)
}

/** Statements that make the view anew, for the table that is the app's from now on; its owner and rights stay. */
export function turnView(change: VectorChange, table: TableState, dimensions: Dimensions): readonly string[] {
  const view = bothView(table)
  const quoted = quoteTable(table)
  const kind = change.spec.options.type ?? 'vector'
  const columns = table.shape.columns.map(({ name }) => {
    const column = quoteIdentifier(name)
    return name === change.column ? `t.${column}::${kind} as ${column}` : `t.${column}`
  })
  const [writing, waiting] = [writeFunction(change, table), waitFunction(change, table)]
  const given = [knownAs(table), `'${dimensions.now}'`, `'${dimensions.other}'`, quoteLiteral(quoted)].join(', ')
  const trigger = quoteIdentifier(waitsTrigger)
  return [
    vectorPath,
    `create or replace view ${view} with (security_invoker = true) as select ${columns.join(', ')} from ${quoted} t`,
    `create or replace trigger lockstep_writes instead of insert or update on ${view} for each row execute function ${writing.name}(${given})`,
    `create or replace trigger ${trigger} after insert or update on ${quoted} for each row execute function ${waiting.name}(${given})`,
    `alter table ${quoted} enable always trigger ${trigger}`,
  ]
}

/** Statements that make the view, with the owner, the rights and the defaults of the table. */
export function makeView(change: VectorChange, table: TableState, dimensions: Dimensions): readonly string[] {
  const view = bothView(table)
  const defaults = table.shape.columns.flatMap(({ name, default: given, generated }) =>
    given === undefined || generated || name === change.column
      ? []
      : [`alter view ${view} alter column ${quoteIdentifier(name)} set default ${given}`],
  )
  return [
    ...[writeFunction(change, table), waitFunction(change, table)].map(({ create }) => create),
    ...turnView(change, table, dimensions),
    ...defaults,
    rightsScript(quoteTable(table), view),
    `insert into lockstep_vectors.views (table_name, change) values (${knownAs(table)}, '${change.tag}') on conflict do nothing`,
  ]
}

interface Made {
  readonly name: string
  /** A script that makes it unless it is there. */
  readonly create: string
}

/** One function for all tables that need the same body; `{vector}` stands for the schema of pgvector. */
function made(part: string, body: string, how: string): Made {
  const name = `lockstep_vectors.${part}_${md5(body).slice(0, 12)}`
  const create = `create function ${name}() returns trigger language plpgsql ${how} as $made$${body}$made$`
  return {
    name,
    create: `do $lockstep$ begin
  if pg_catalog.to_regprocedure('${name}()') is null then
    execute pg_catalog.replace(${quoteLiteral(create)}, '{vector}', (select pg_catalog.quote_ident(n.nspname)
      from pg_catalog.pg_extension e join pg_catalog.pg_namespace n on n.oid = e.extnamespace where e.extname = 'vector'));
  end if;
end $lockstep$`,
  }
}

/**
 * Writes what clients write to the view into the table, as the client itself, with its rights. A vector of the other model is
 * left away: the row keeps the one of its text, or waits for one. A row that someone changed since it was looked at is not overwritten.
 */
function writeFunction(change: VectorChange, table: TableState): Made {
  const columns = table.shape.columns.filter((column) => !isComputed(column))
  const identities = new Set(identitiesOf(table))
  const vector = quoteIdentifier(change.column)
  const name = (column: ColumnShape): string => quoteIdentifier(column.name)
  const differs = (column: ColumnShape): string =>
    `${comparable('new', column)} is distinct from ${comparable('old', column)}`
  const insert = (some: readonly ColumnShape[]): string =>
    some.length === 0
      ? quoteLiteral(' as t default values')
      : quoteLiteral(
          ` as t (${some.map(name).join(', ')}) values (${some.map((each) => `$1.${name(each)}`).join(', ')})`,
        )
  const isBare = [...identities].map((each) => `new.${name(each)} is null`).join(' and ')
  const values =
    identities.size === 0
      ? insert(columns)
      : `case when ${isBare} then ${insert(columns.filter((each) => !identities.has(each)))} else ${insert(columns)} end`
  const sets = columns.map(
    (each) => `case when ${differs(each)} then ${quoteLiteral(`${name(each)} = $1.${name(each)}`)} end`,
  )
  const same = columns
    .filter((each) => each.name !== change.column)
    .map((each) => `${comparable('t', each)} is not distinct from ${comparable('$2', each)}`)
  const key = keyOf(table).map((each) => `t.${name(each)} = $2.${name(each)}`)
  const returned = ` returning ${table.shape.columns.map((each) => `t.${name(each)}`).join(', ')}`
  const [text] = table.shape.columns.filter((each) => each.name === change.spec.options.from)
  return made(
    'write',
    writeBody({
      vector,
      values,
      sets: sets.join(',\n      '),
      key: key.join(' and '),
      same: same.join(' and '),
      differs: text === undefined ? 'true' : differs(text),
      returned: quoteLiteral(returned),
    }),
    '',
  )
}

interface Writing {
  readonly vector: string
  /** SQL of what follows the table in an INSERT. */
  readonly values: string
  /** SQL of texts, each an assignment or null. */
  readonly sets: string
  /** Conditions over the row `t` and the old row `$2`: the same key; nothing but the vector changed. */
  readonly key: string
  readonly same: string
  /** SQL that is true where the text is another. */
  readonly differs: string
  readonly returned: string
}

function writeBody({ vector, values, sets, key, same, differs, returned }: Writing): string {
  return `
declare
  lockstep_waits boolean := false;
  lockstep_sql text;
  lockstep_done bigint;
  lockstep_there boolean;
begin
  if {vector}.vector_dims(new.${vector}) = tg_argv[2]::int then
    lockstep_waits := tg_op = 'INSERT' or old.${vector} is null or ${differs};
    if lockstep_waits then new.${vector} := null; else new.${vector} := old.${vector}; end if;
  end if;
  if tg_op = 'INSERT' then
    lockstep_sql := 'insert into ' || tg_argv[3] || ${values};
  else
    lockstep_sql := pg_catalog.concat_ws(', ', ${sets});
    if lockstep_sql = '' then
      if not lockstep_waits then return new; end if;
      lockstep_sql := ${quoteLiteral(`${vector} = null`)};
    end if;
    lockstep_sql := 'update ' || tg_argv[3] || ' t set ' || lockstep_sql || ${quoteLiteral(` where ${key} and ${same}`)};
  end if;
  perform pg_catalog.set_config('lockstep_vectors.waits', case when lockstep_waits then tg_argv[0] else '' end, true);
  if pg_catalog.has_table_privilege(tg_argv[3], 'select') and not pg_catalog.row_security_active(tg_argv[3]) then
    execute lockstep_sql || ${returned} into new using new, old;
    get diagnostics lockstep_done = row_count;
  else
    -- A policy may allow the write and not the look at what was written.
    begin
      execute lockstep_sql || ${returned} into new using new, old;
      get diagnostics lockstep_done = row_count;
    exception when insufficient_privilege then
      execute lockstep_sql using new, old;
      get diagnostics lockstep_done = row_count;
    end;
  end if;
  perform pg_catalog.set_config('lockstep_vectors.waits', '', true);
  if lockstep_done > 0 then return new; end if;
  if tg_op = 'UPDATE' then
    execute 'select exists (select from ' || tg_argv[3] || ${quoteLiteral(` t where ${key} and not (${same}))`)} into lockstep_there using new, old;
    if lockstep_there then
      raise exception 'could not serialize access due to concurrent update' using errcode = 'serialization_failure',
        detail = 'The row of the view was changed by another client at the same moment.', hint = 'Try again.';
    end if;
  end if;
  return null;
end
`
}

/** Notes the rows that a view leaves without a vector, and follows their keys, as its owner: clients need no rights of their own. */
function waitFunction(change: VectorChange, table: TableState): Made {
  const [was, is] = [keyText(table, 'old'), keyText(table, 'new')]
  const body = `
begin
  if tg_op = 'UPDATE' and ${is} is distinct from ${was} then
    insert into lockstep_vectors.waiting (table_name, key, dimensions)
      select w.table_name, ${is}, w.dimensions from lockstep_vectors.waiting w where w.table_name = tg_argv[0] and w.key = ${was} on conflict do nothing;
  end if;
  if new.${quoteIdentifier(change.column)} is null and pg_catalog.current_setting('lockstep_vectors.waits', true) = tg_argv[0] then
    insert into lockstep_vectors.waiting (table_name, key, dimensions) values (tg_argv[0], ${is}, tg_argv[1]::int) on conflict do nothing;
  end if;
  return null;
end
`
  return made('wait', body, 'security definer set search_path = pg_catalog, pg_temp')
}

/** A script after which the view's owner is the table's, and so are its rights. */
function rightsScript(quoted: string, view: string): string {
  return `do $lockstep$ declare
  lockstep_table oid := ${quoteLiteral(quoted)}::regclass;
  lockstep_view oid := ${quoteLiteral(view)}::regclass;
  lockstep_what record; begin
  for lockstep_what in
    select 1 as turn, pg_catalog.format('grant %s on {v} to %s%s', x.privilege_type, case when x.grantee = 0 then 'public' else pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(x.grantee)) end,
             case when x.is_grantable then ' with grant option' else '' end) as run
    from pg_catalog.pg_class c cross join pg_catalog.aclexplode(c.relacl) x where c.oid = lockstep_table and x.grantee <> c.relowner
    union all
    select 1, pg_catalog.format('grant %s (%I) on {v} to %s%s', x.privilege_type, a.attname, case when x.grantee = 0 then 'public' else pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(x.grantee)) end,
             case when x.is_grantable then ' with grant option' else '' end)
    from pg_catalog.pg_attribute a cross join pg_catalog.aclexplode(a.attacl) x where a.attrelid = lockstep_table and not a.attisdropped
    union all
    select 2, 'grant usage, create on schema ${bothSchema} to ' || pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(c.relowner))
    from pg_catalog.pg_class c join pg_catalog.pg_class v on v.oid = lockstep_view where c.oid = lockstep_table and c.relowner <> v.relowner
    union all
    select 3, pg_catalog.format('alter view {v} owner to %I', pg_catalog.pg_get_userbyid(c.relowner))
    from pg_catalog.pg_class c join pg_catalog.pg_class v on v.oid = lockstep_view where c.oid = lockstep_table and c.relowner <> v.relowner
    order by turn
  loop execute pg_catalog.replace(lockstep_what.run, '{v}', ${quoteLiteral(view)}); end loop;
end $lockstep$`
}
