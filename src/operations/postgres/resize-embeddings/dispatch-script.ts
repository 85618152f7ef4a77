import { parseTableName, quoteIdentifier, quoteLiteral } from '../../../kernel/identifiers.ts'
import { functionOid } from './search-functions.ts'
import type { ParsedFunction } from './search-functions.ts'
import { pastSchema } from './vector-change.ts'
import type { VectorChange } from './vector-change.ts'

const declared = `
  lockstep_fn pg_catalog.pg_proc;
  lockstep_path text := pg_catalog.current_setting('search_path');
  lockstep_home text := (select n.nspname from pg_catalog.pg_extension e join pg_catalog.pg_namespace n on n.oid = e.extnamespace where e.extname = 'vector');
  lockstep_vector int;
  lockstep_start text; lockstep_before text; lockstep_after text; lockstep_head text; lockstep_call text; lockstep_types text; lockstep_own text;
  lockstep_arm text; lockstep_grant record;`

/**
 * A script that makes a function dispatch, in the caller's transaction: one copy searches the tables as they are, with
 * the file's body where there is one; the other finds the tables in the old shape first, for they have the same names in
 * a schema of their own. Owner, rights, comment and what depends on the function stay.
 */
export function dispatchScript(change: VectorChange, each: ParsedFunction, at: number): string {
  const [name, tag] = [quoteLiteral(each.name), quoteLiteral(change.tag)]
  const replace = each.text === undefined ? '' : `execute ${quoteLiteral(each.text)};`
  return `do $lockstep$ declare${declared} begin
  if exists (select from lockstep_vectors.functions where change = ${tag} and position = ${at}) then return; end if;
  select * into strict lockstep_fn from pg_catalog.pg_proc where oid = ${functionOid(each.name)};
  perform pg_catalog.set_config('search_path', '', true);
  lockstep_before := pg_catalog.pg_get_functiondef(lockstep_fn.oid);
  lockstep_types := pg_catalog.oidvectortypes(lockstep_fn.proargtypes);
  lockstep_start := (select pg_catalog.format('CREATE OR REPLACE FUNCTION %I.%I', n.nspname, lockstep_fn.proname) from pg_catalog.pg_namespace n where n.oid = lockstep_fn.pronamespace);
  perform pg_catalog.set_config('search_path', lockstep_path, true);
  ${replace}
  perform pg_catalog.set_config('search_path', '', true);
  lockstep_after := pg_catalog.pg_get_functiondef(lockstep_fn.oid);
  if lockstep_after = lockstep_before and ${each.text !== undefined} then
    raise exception 'the file does not replace %: it makes another function, or the same', ${name};
  end if;
  -- Names in bodies are found by the path that callers have.
  perform pg_catalog.set_config('check_function_bodies', 'off', true);
${armsSql(change, at)}
${dispatcherSql(change, each, at)}
${rightsSql(change, at)}
  insert into lockstep_vectors.functions (change, position, function, before, after, dispatch)
    values (${tag}, ${at}, lockstep_fn.oid::regprocedure::text, lockstep_before, lockstep_after, pg_catalog.pg_get_functiondef(lockstep_fn.oid));
  perform pg_catalog.set_config('search_path', lockstep_path, true);
end $lockstep$`
}

function arm(which: 'new' | 'old', { tag }: VectorChange, at: number): string {
  return `lockstep_vectors.${which}_${tag}_${at}`
}

/** The schema of the step's tables: named in a body, it would keep the function from their twins. */
function schemaOf({ spec }: VectorChange): string {
  return 'table' in spec.target ? parseTableName(spec.target.table).schema : 'public'
}

/** A regular expression of Postgres for a schema before a name, quoted or not. */
function qualified(schema: string): string {
  const name = schema.replaceAll(/[^A-Za-z0-9_]/g, (letter) => `\\${letter}`)
  return `(?:"${name}"|\\m${name})\\.`
}

function armsSql(change: VectorChange, at: number): string {
  const [fresh, old, schema] = [arm('new', change, at), arm('old', change, at), schemaOf(change)]
  return `  execute 'CREATE FUNCTION ${fresh}' || pg_catalog.substr(lockstep_after, pg_catalog.length(lockstep_start) + 1);
  lockstep_head := pg_catalog.substr(lockstep_before, 1, pg_catalog.strpos(lockstep_before, E'\\nAS $'));
  execute 'CREATE FUNCTION ${old}' || pg_catalog.substr(lockstep_head, pg_catalog.length(lockstep_start) + 1)
    || pg_catalog.regexp_replace(pg_catalog.substr(lockstep_before, pg_catalog.length(lockstep_head) + 1), ${quoteLiteral(qualified(schema))}, '', 'g');
  lockstep_own := (select nullif(pg_catalog.substr(c, 13), '""') from pg_catalog.unnest(lockstep_fn.proconfig) c where c like 'search\\_path=%');
  execute pg_catalog.format('alter function ${old}(%s) set search_path = ${pastSchema}, ${quoteIdentifier(schema).replaceAll('%', '%%')}, %I%s',
    lockstep_types, lockstep_home, ', ' || nullif(lockstep_own, ''));`
}

/** Everything that is said of the function stays but its body and language. */
function dispatcherSql(change: VectorChange, { model }: ParsedFunction, at: number): string {
  const isNew =
    model === undefined
      ? `pg_catalog.format('%I.vector_dims($%s) = ${change.spec.options.dimensions ?? 0}', lockstep_home, lockstep_vector)`
      : `pg_catalog.format('exists (select from lockstep_vectors.pointers p where p.change = %L and p.model = $%s)', ${quoteLiteral(change.tag)}, pg_catalog.array_position(lockstep_fn.proargnames, ${quoteLiteral(model)}))`
  return `  lockstep_vector := (select min(t.at) from pg_catalog.unnest(lockstep_fn.proargtypes::oid[]) with ordinality as t(type, at)
    join pg_catalog.pg_type y on y.oid = t.type where y.typname in ('vector', 'halfvec'));
  lockstep_call := (select pg_catalog.string_agg(case when lockstep_fn.provariadic <> 0 and n = lockstep_fn.pronargs then 'variadic ' else '' end || '$' || n, ', ' order by n)
    from pg_catalog.generate_series(1, lockstep_fn.pronargs) n);
  execute pg_catalog.regexp_replace(pg_catalog.substr(lockstep_after, 1, pg_catalog.strpos(lockstep_after, E'\\nAS $')), '\\n LANGUAGE [^\\n ]+', E'\\n LANGUAGE plpgsql')
    || pg_catalog.format('AS $dispatch$
#variable_conflict use_column
begin
  if coalesce(%1$s, false) then return%2$s ${arm('new', change, at)}(%3$s); else return%2$s ${arm('old', change, at)}(%3$s); end if;
end $dispatch$', ${isNew}, case when lockstep_fn.proretset then ' query select * from' else '' end, lockstep_call);`
}

/** Clients that may call the function may call what it calls, and nobody else. */
function rightsSql(change: VectorChange, at: number): string {
  return `  foreach lockstep_arm in array array['${arm('new', change, at)}', '${arm('old', change, at)}'] loop
    if pg_catalog.pg_get_userbyid(lockstep_fn.proowner) <> current_user then
      execute pg_catalog.format('alter function %s(%s) owner to %I', lockstep_arm, lockstep_types, pg_catalog.pg_get_userbyid(lockstep_fn.proowner));
    end if;
    if lockstep_fn.proacl is not null then
      execute pg_catalog.format('revoke all on function %s(%s) from public', lockstep_arm, lockstep_types);
      for lockstep_grant in select case when x.grantee = 0 then 'public' else pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(x.grantee)) end as grantee
        from pg_catalog.aclexplode(lockstep_fn.proacl) x where x.grantee <> lockstep_fn.proowner
      loop execute pg_catalog.format('grant execute on function %s(%s) to %s', lockstep_arm, lockstep_types, lockstep_grant.grantee); end loop;
    end if;
  end loop;`
}
