import { z } from 'zod'
import { md5 } from '../../../kernel/checksum.ts'
import { quoteTable } from '../../../kernel/identifiers.ts'
import type { TableName } from '../../../kernel/identifiers.ts'
import type { Queryable } from '../../../stores/tables.ts'

export const grantForm = z.object({
  /** Quoted as SQL wants it; `public` for everyone. */
  grantee: z.string(),
  grantor: z.string(),
  grantable: z.boolean(),
})
export type Grant = z.infer<typeof grantForm>

export const attributesForm = z.object({
  definer: z.boolean(),
  volatility: z.enum(['immutable', 'stable', 'volatile']),
  strict: z.boolean(),
  leakproof: z.boolean(),
  parallel: z.enum(['safe', 'restricted', 'unsafe']),
  cost: z.number(),
  rows: z.number(),
  support: z.string().nullable(),
  /** As the catalog has them: `search_path=""`. */
  settings: z.array(z.string()),
})
export type Attributes = z.infer<typeof attributesForm>

/** Parameters and result: what a caller can see of a function without calling it. */
export const signatureForm = z.object({
  kind: z.enum(['function', 'procedure', 'other']),
  /** Oids of the input types. */
  inputs: z.array(z.string()),
  /** Every parameter, as the catalog has them: `i`, `o`, `b`, `v`, `t`. */
  parameters: z.array(z.object({ name: z.string(), mode: z.string(), type: z.string() })),
  /** How many of the last inputs have a default. */
  defaults: z.number(),
  result: z.string(),
  set: z.boolean(),
})
export type Signature = z.infer<typeof signatureForm>

/** Everything the catalog knows of one function, as plain JSON: enough to make it again. */
export const stateForm = z.object({
  oid: z.string(),
  schema: z.string(),
  name: z.string(),
  /** Schema and name as the definition has them. */
  quoted: z.string(),
  /** Input types as text, every schema named: `text, public.vector`. */
  types: z.string(),
  signature: signatureForm,
  /** What pg_get_functiondef gives while nothing but pg_catalog is on the search path. */
  definition: z.string(),
  language: z.string(),
  body: z.string(),
  /** True for a body of the form BEGIN ATOMIC, of which the catalog keeps no text. */
  atomic: z.boolean(),
  attributes: attributesForm,
  owner: z.string(),
  grants: z.array(grantForm),
  comment: z.string().nullable(),
  /** Extensions it was told to depend on. */
  extensions: z.array(z.string()),
  /** The extension it is a part of. */
  partOf: z.string().nullable(),
  /** True where it has what no statement here could restore: transforms. */
  odd: z.boolean(),
})
export type FunctionState = z.infer<typeof stateForm>

/** With nothing but pg_catalog on the search path, so that every name the catalog prints carries its schema. */
export async function withPlainPath<T>(q: Queryable, work: () => Promise<T>): Promise<T> {
  const [row] = await q.query<{ path: string }>("select pg_catalog.current_setting('search_path') as path")
  await setPath(q, '')
  const result = await work()
  await setPath(q, row?.path ?? '')
  return result
}

async function setPath(q: Queryable, path: string): Promise<void> {
  await q.query("select pg_catalog.set_config('search_path', $1, true)", [path])
}

/** All functions and procedures of that name. */
export function readOverloads(q: Queryable, { schema, name }: TableName): Promise<readonly FunctionState[]> {
  return readStates(q, 'n.nspname = $1 and p.proname = $2', [schema, name])
}

/** The function of exactly this name and these input types (oids), as it is now. */
export async function readFunction(
  q: Queryable,
  { schema, name }: TableName,
  inputs: readonly string[],
): Promise<FunctionState | undefined> {
  const [found] = await readStates(
    q,
    'n.nspname = $1 and p.proname = $2 and array_to_string(p.proargtypes::oid[], $4) = $3',
    [schema, name, inputs.join(' '), ' '],
  )
  return found
}

function readStates(q: Queryable, where: string, params: readonly unknown[]): Promise<readonly FunctionState[]> {
  return withPlainPath(q, async () => {
    const rows = await q.query(`${stateStatement} where ${where} order by p.oid`, params)
    return rows.map((row) => stateForm.parse(row['state']))
  })
}

const aclOf = "coalesce(p.proacl, pg_catalog.acldefault('f', p.proowner))"

const stateStatement = `
select jsonb_build_object(
  'oid', p.oid::text, 'schema', n.nspname, 'name', p.proname,
  'quoted', pg_catalog.format('%I.%I', n.nspname, p.proname), 'types', pg_catalog.oidvectortypes(p.proargtypes),
  'signature', jsonb_build_object(
    'kind', case p.prokind when 'f' then 'function' when 'p' then 'procedure' else 'other' end,
    'inputs', (select coalesce(jsonb_agg(t.oid::text order by t.at), '[]')
               from unnest(p.proargtypes::oid[]) with ordinality as t(oid, at)),
    'parameters', (select coalesce(jsonb_agg(jsonb_build_object('name', coalesce(p.proargnames[t.at], ''),
                     'mode', coalesce(p.proargmodes[t.at]::text, 'i'), 'type', t.oid::text) order by t.at), '[]')
                   from unnest(coalesce(p.proallargtypes, p.proargtypes::oid[])) with ordinality as t(oid, at)),
    'defaults', p.pronargdefaults, 'result', p.prorettype::oid::text, 'set', p.proretset),
  'definition', case when p.prokind in ('f', 'p') then pg_catalog.pg_get_functiondef(p.oid) else '' end,
  'language', l.lanname, 'body', p.prosrc, 'atomic', p.prosqlbody is not null,
  'attributes', jsonb_build_object('definer', p.prosecdef,
    'volatility', case p.provolatile when 'i' then 'immutable' when 's' then 'stable' else 'volatile' end,
    'strict', p.proisstrict, 'leakproof', p.proleakproof,
    'parallel', case p.proparallel when 's' then 'safe' when 'r' then 'restricted' else 'unsafe' end,
    'cost', p.procost, 'rows', p.prorows,
    'support', case when p.prosupport = 0 then null else p.prosupport::text end,
    'settings', to_jsonb(coalesce(p.proconfig, '{}'))),
  'owner', pg_catalog.quote_ident(r.rolname),
  'grants', (select coalesce(jsonb_agg(jsonb_build_object(
               'grantee', case when x.grantee = 0 then 'public' else pg_catalog.quote_ident(g.rolname) end,
               'grantor', pg_catalog.quote_ident(b.rolname), 'grantable', x.is_grantable) order by x.at), '[]')
             from pg_catalog.aclexplode(${aclOf}) with ordinality as x(grantor, grantee, privilege, is_grantable, at)
             left join pg_catalog.pg_roles g on g.oid = x.grantee
             left join pg_catalog.pg_roles b on b.oid = x.grantor),
  'comment', pg_catalog.obj_description(p.oid, 'pg_proc'),
  'extensions', (select coalesce(jsonb_agg(pg_catalog.quote_ident(e.extname) order by e.extname), '[]')
                 from pg_catalog.pg_depend d join pg_catalog.pg_extension e on e.oid = d.refobjid
                 where d.classid = 'pg_catalog.pg_proc'::regclass and d.objid = p.oid and d.deptype = 'x'
                   and d.refclassid = 'pg_catalog.pg_extension'::regclass),
  'partOf', (select e.extname from pg_catalog.pg_depend d join pg_catalog.pg_extension e on e.oid = d.refobjid
             where d.classid = 'pg_catalog.pg_proc'::regclass and d.objid = p.oid and d.deptype = 'e'
               and d.refclassid = 'pg_catalog.pg_extension'::regclass),
  'odd', p.protrftypes is not null
) as state
from pg_catalog.pg_proc p
join pg_catalog.pg_namespace n on n.oid = p.pronamespace
join pg_catalog.pg_language l on l.oid = p.prolang
join pg_catalog.pg_roles r on r.oid = p.proowner`

/** As SQL names it: `function "public"."match"(text)`. */
export function targetOf(state: Pick<FunctionState, 'schema' | 'name' | 'types' | 'signature'>): string {
  return `${state.signature.kind} ${quoteTable(state)}(${state.types})`
}

/** For people: `match(text)`. */
export function printFunction({ schema, name, types }: Pick<FunctionState, 'schema' | 'name' | 'types'>): string {
  return `${schema === 'public' ? '' : `${schema}.`}${name}(${types})`
}

/** The definition under another name, given as SQL has it. */
export function definitionAs({ definition, quoted }: FunctionState, as: string): string {
  const at = definition.indexOf(quoted)
  return definition.slice(0, at) + as + definition.slice(at + quoted.length)
}

/** Equal for the same definition, body and attributes under whatever name. */
export function hashOf(state: FunctionState): string {
  return md5(definitionAs(state, 'x'))
}
