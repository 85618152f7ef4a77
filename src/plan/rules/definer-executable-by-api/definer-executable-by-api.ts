import { shown } from '../../../sql/names.ts'
import { after } from '../../sql/flow.ts'
import { functionHead, isTriggerFunction } from '../../sql/functions.ts'
import { executeGrants } from '../../sql/grants.ts'
import { servedSchemas, userSchemas } from '../../sql/live.ts'
import { schemaOf } from '../../sql/schemas.ts'
import { isServed } from '../../sql/sql-facts.ts'
import { defineSqlRule } from '../sql-rule.ts'

export const definerExecutableByApi = defineSqlRule({
  name: 'definer-executable-by-api',
  summary: 'A function that runs as its owner is not given to the roles of the API',
  severity: 'error',
  why: 'it is served under /rest/v1/rpc to everybody who has the public key, as its owner, past row level security',
  fix: 'revoke it from anon and authenticated, move it to a schema that is not served, or make it SECURITY INVOKER',
  on: {
    CreateFunctionStmt(create, at) {
      const head = functionHead(create)
      if (!head.definer || isTriggerFunction(head) || !isServed(at) || schemaOf(head.name) !== 'public')
        return undefined
      const grant = executeGrants(after(at)).findLast(
        ({ names, roles }) =>
          (names === undefined || names.includes(head.name)) &&
          roles.some((role) => role === 'anon' || role === 'authenticated'),
      )
      return grant?.grant === true
        ? { message: `${shown(head.name)} runs as its owner and is given to ${grant.roles.join(' and ')}` }
        : undefined
    },
  },
  live: {
    sql: `select p.oid::regprocedure::text as name, 1 as count, string_agg(distinct r.rolname, ', ') as detail
            from pg_catalog.pg_proc p
            join pg_catalog.pg_namespace n on n.oid = p.pronamespace
            cross join lateral pg_catalog.aclexplode(coalesce(p.proacl, pg_catalog.acldefault('f', p.proowner))) a
            join pg_catalog.pg_roles r on r.oid = a.grantee
           where p.prosecdef and a.privilege_type = 'EXECUTE' and r.rolname in ('anon', 'authenticated')
             and p.prorettype not in ('trigger'::regtype, 'event_trigger'::regtype)
             and ${userSchemas('n.nspname')} and ${servedSchemas('n.oid')}
             and not exists (select 1 from pg_catalog.pg_depend d where d.objid = p.oid and d.deptype = 'e')
           group by 1 order by 1 limit 200`,
    spot: ({ name, detail }) => ({ where: name, message: `${name} runs as its owner and is given to ${detail}` }),
  },
})
