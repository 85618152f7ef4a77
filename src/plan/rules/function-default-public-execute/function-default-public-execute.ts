import { shown } from '../../../sql/names.ts'
import { functionHead, isTriggerFunction } from '../../sql/functions.ts'
import { executeGrants } from '../../sql/grants.ts'
import { userSchemas } from '../../sql/live.ts'
import { defineSqlRule } from '../sql-rule.ts'

export const functionDefaultPublicExecute = defineSqlRule({
  name: 'function-default-public-execute',
  summary: 'A function that runs as its owner is taken from PUBLIC where it is made',
  severity: 'error',
  why: 'every new function may be executed by everybody, until that is revoked',
  fix: 'REVOKE EXECUTE ON FUNCTION … FROM PUBLIC (and anon, authenticated) in the same transaction',
  on: {
    CreateFunctionStmt(create, at) {
      const head = functionHead(create)
      if (!head.definer || isTriggerFunction(head)) return undefined
      const ofIt = executeGrants([
        ...(create.replace === true ? at.earlier.flatMap(({ flow }) => flow) : []),
        ...at.flow,
      ]).filter(({ names, roles }) => (names === undefined || names.includes(head.name)) && roles.includes('public'))
      return ofIt.at(-1)?.grant === false
        ? undefined
        : { message: `everybody may execute ${shown(head.name)}, which runs as its owner` }
    },
  },
  live: {
    sql: `select p.oid::regprocedure::text as name, 1 as count, null::text as detail
            from pg_catalog.pg_proc p
            join pg_catalog.pg_namespace n on n.oid = p.pronamespace
            cross join lateral pg_catalog.aclexplode(coalesce(p.proacl, pg_catalog.acldefault('f', p.proowner))) a
           where p.prosecdef and a.privilege_type = 'EXECUTE' and a.grantee = 0
             and p.prorettype not in ('trigger'::regtype, 'event_trigger'::regtype)
             and ${userSchemas('n.nspname')}
             and not exists (select 1 from pg_catalog.pg_depend d where d.objid = p.oid and d.deptype = 'e')
           order by 1 limit 200`,
    spot: ({ name }) => ({ where: name, message: `everybody may execute ${name}, which runs as its owner` }),
  },
})
