import type { SqlParser } from '../../sql/parser.ts'
import { parseScript } from '../../sql/script.ts'
import type { Queryable, TableReader } from '../../stores/tables.ts'
import type { LintFinding } from '../lint-finding.ts'
import { lintRules } from '../rules/catalogue.ts'
import type { LiveRow, SqlRule } from '../rules/sql-rule.ts'
import { lintScript } from './lint-script.ts'
import { userSchemas } from './live.ts'
import { loadSqlFacts } from './load-facts.ts'
import type { SqlFacts } from './sql-facts.ts'

const sqlRules: readonly SqlRule[] = lintRules.filter((rule) => rule.over === 'sql')

/** What is wrong in a database, from its catalogs and from the definitions of its functions. Reads only. */
export async function lintLive(tables: TableReader, parser: SqlParser): Promise<readonly LintFinding[]> {
  const facts = await loadSqlFacts(tables, [])
  return tables.read(async (q) => {
    const found: LintFinding[] = []
    for (const rule of sqlRules) found.push(...(await askCatalog(q, rule)))
    found.push(...(await lintDefinitions(q, parser, facts)))
    return found.sort((a, b) => compare(a.where.name ?? '', b.where.name ?? '') || compare(a.rule, b.rule))
  })
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

async function askCatalog(q: Queryable, rule: SqlRule): Promise<readonly LintFinding[]> {
  if (rule.live === undefined) return []
  const { sql, spot } = rule.live
  return (await q.query<LiveRow>(sql)).map((row) => {
    const { where, message, severity = rule.severity } = spot(row)
    return inDatabase(rule, where, { message, severity, why: rule.why, fix: rule.fix })
  })
}

type Told = Pick<LintFinding, 'message' | 'severity' | 'why' | 'fix'>

function inDatabase(rule: { readonly name: string }, name: string, told: Told): LintFinding {
  const { message, severity, why, fix } = told
  const nowhere = { migration: null, step: null, kind: null, accepted: null }
  return { rule: rule.name, message, severity, why, fix, where: { name }, ...nowhere }
}

interface Definition {
  readonly name: string
  /** As in a REVOKE, without arguments. */
  readonly bare: string
  readonly definition: string
  /** Of everybody and the roles of the API, those that may not execute it. */
  readonly barred: readonly string[]
}

async function lintDefinitions(q: Queryable, parser: SqlParser, facts: SqlFacts): Promise<readonly LintFinding[]> {
  const definitions = await q.query<Definition>(definitionsQuery)
  const rules = sqlRules.filter(({ ofDefinitions }) => ofDefinitions === true)
  return definitions.flatMap(({ name, bare, definition, barred }) => {
    const revoke = barred.length === 0 ? '' : `;\nrevoke execute on function ${bare} from ${barred.join(', ')}`
    const script = parseScript(parser, { name, text: `${definition.trimEnd()}${revoke};` })
    return lintScript(script, { facts, earlier: [], rules, isRule: () => true }).map(({ rule, ...told }) =>
      inDatabase({ name: rule }, name, told),
    )
  })
}

const mayExecute = (role: string): string =>
  `exists (select 1 from pg_catalog.aclexplode(coalesce(p.proacl, pg_catalog.acldefault('f', p.proowner))) a
            where a.privilege_type = 'EXECUTE' and ${role})`

const definitionsQuery = `
select p.oid::regprocedure::text as name,
       format('%I.%I', n.nspname, p.proname) as bare,
       pg_catalog.pg_get_functiondef(p.oid) as definition,
       array_remove(array[
         case when not ${mayExecute('a.grantee = 0')} then 'public' end,
         case when not ${mayExecute("a.grantee = (select oid from pg_catalog.pg_roles where rolname = 'anon')")} then 'anon' end,
         case when not ${mayExecute("a.grantee = (select oid from pg_catalog.pg_roles where rolname = 'authenticated')")}
              then 'authenticated' end], null) as barred
  from pg_catalog.pg_proc p
  join pg_catalog.pg_namespace n on n.oid = p.pronamespace
  join pg_catalog.pg_language l on l.oid = p.prolang
 where l.lanname in ('sql', 'plpgsql') and p.prokind in ('f', 'p') and ${userSchemas('n.nspname')}
   and not exists (select 1 from pg_catalog.pg_depend d where d.objid = p.oid and d.deptype = 'e')
 order by 1`
