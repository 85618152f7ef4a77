import { parseTableName, quoteIdentifier, quoteTable } from '../kernel/identifiers.ts'
import type { TableName } from '../kernel/identifiers.ts'
import type { Queryable } from '../stores/tables.ts'
import { copyCalledBy } from './provisioning-chain.ts'

/** The provisioning function, or a copy of it, as the catalog has it. */
export interface FunctionRow {
  readonly oid: string
  readonly quoted: string
  readonly name: string
  readonly schema: string
  readonly language: string
  readonly definition: string
  readonly body: string
  readonly returns: string
  readonly arguments: string
  readonly definer: boolean
  readonly simple: boolean
  readonly owner: string
  readonly grantees: readonly string[] | null
  readonly argument_count: number
}

const functionStatement = `
select p.oid::text as oid, format('%I.%I', n.nspname, p.proname) as quoted, p.proname as name, n.nspname as schema,
       l.lanname as language, p.prosrc as body, pg_catalog.format_type(p.prorettype, null) as returns,
       pg_catalog.oidvectortypes(p.proargtypes) as arguments, p.prosecdef as definer,
       p.prokind = 'f' and not p.proretset and p.proargmodes is null and l.lanname in ('plpgsql', 'sql')
         and coalesce(p.prosqlbody::text, '') = '' as simple,
       case when p.prokind = 'f' then pg_catalog.pg_get_functiondef(p.oid) else '' end as definition,
       pg_catalog.quote_ident(r.rolname) as owner, p.pronargs::int as argument_count,
       (select array_agg(case when x.grantee = 0 then 'public' else pg_catalog.quote_ident(g.rolname) end)
        from pg_catalog.aclexplode(coalesce(p.proacl, pg_catalog.acldefault('f', p.proowner))) x
        left join pg_catalog.pg_roles g on g.oid = x.grantee where x.grantee <> p.proowner) as grantees
from pg_catalog.pg_proc p
join pg_catalog.pg_namespace n on n.oid = p.pronamespace
join pg_catalog.pg_language l on l.oid = p.prolang
join pg_catalog.pg_roles r on r.oid = p.proowner
where p.oid = pg_catalog.to_regprocedure($1)`

/** Undefined where there is none of that signature, qualified and quoted. */
export async function readFunction(q: Queryable, signature: string): Promise<FunctionRow | undefined> {
  const [row] = await q.query<FunctionRow>(functionStatement, [signature])
  return row
}

/** Wrappers that stand before one function at most. */
const longestChain = 1000

/** The function and, where it is a wrapper, the copies that are called one by the other. */
export async function chainOf(q: Queryable, signature: string): Promise<readonly FunctionRow[]> {
  const chain: FunctionRow[] = []
  let found = await readFunction(q, signature)
  while (found !== undefined && chain.length < longestChain) {
    chain.push(found)
    const copy = copyCalledBy(found.body)
    found = copy === undefined ? undefined : await readFunction(q, `${quoteTable(copy)}(${found.arguments})`)
  }
  return chain
}

/** The name in a signature. */
export function nameIn(signature: string): TableName {
  return parseTableName(signature.slice(0, signature.indexOf('(')))
}

/** The signature with schema and name quoted. */
export function qualified(signature: string): string {
  const { schema, name } = nameIn(signature)
  return `${quoteIdentifier(schema)}.${quoteIdentifier(name)}${signature.slice(signature.indexOf('('))}`
}
