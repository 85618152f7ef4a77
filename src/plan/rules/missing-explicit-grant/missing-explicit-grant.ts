import { shown, tableName } from '../../../sql/names.ts'
import { grantedTables } from '../../sql/grants.ts'
import { family, plural, servedSchemas, userSchemas } from '../../sql/live.ts'
import { schemaOf } from '../../sql/schemas.ts'
import { isServed } from '../../sql/sql-facts.ts'
import { defineSqlRule } from '../sql-rule.ts'

export const missingExplicitGrant = defineSqlRule({
  name: 'missing-explicit-grant',
  summary: 'A table for the API is given to its roles where it is made',
  severity: 'warning',
  why: 'projects since 2026-05-30, and all since 2026-10-30, give new tables to nobody: the API answers 42501',
  fix: 'GRANT to service_role, authenticated or anon what each needs, in the same script, and in the function that makes tables',
  inBodies: 'too',
  on: {
    CreateStmt({ relation, partbound }, at) {
      const table = tableName(relation)
      if (schemaOf(table) !== 'public' || relation?.relpersistence === 't' || partbound !== undefined || !isServed(at))
        return undefined
      const granted = grantedTables([...at.earlier.flatMap(({ flow }) => flow), ...at.script.flow, ...at.flow])
      return granted.has(table) || granted.has('*') ? undefined : { message: `nobody is given ${shown(table)}` }
    },
  },
  live: {
    sql: `select n.nspname || '.' || ${family('t.relname')} as name, count(*)::int4 as count, min(t.relname) as detail
            from pg_catalog.pg_class t
            join pg_catalog.pg_namespace n on n.oid = t.relnamespace
           where t.relkind in ('r', 'p') and not t.relispartition
             and ${userSchemas('n.nspname')} and ${servedSchemas('n.oid')}
             and not exists (select 1 from pg_catalog.pg_roles r
                              where r.rolname in ('anon', 'authenticated', 'service_role')
                                and pg_catalog.has_table_privilege(r.oid, t.oid, 'SELECT,INSERT,UPDATE,DELETE'))
           group by 1 order by 1 limit 200`,
    spot: ({ name, count, detail }) => ({
      where: name,
      message: `${plural(count, 'table', 'tables')} ${name} given to no role of the API, as ${detail}`,
    }),
  },
})
