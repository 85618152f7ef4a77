import { shown, tableName } from '../../../sql/names.ts'
import { asNode, nodesIn } from '../../../sql/tree.ts'
import { family, servedSchemas, userSchemas } from '../../sql/live.ts'
import { schemaOf } from '../../sql/schemas.ts'
import { isServed } from '../../sql/sql-facts.ts'
import { defineSqlRule } from '../sql-rule.ts'

export const viewSecurityDefiner = defineSqlRule({
  name: 'view-security-definer',
  summary: 'A view that the API serves looks at rows as its caller',
  severity: 'error',
  why: 'a view reads as its owner, past row level security; a materialized view has none at all',
  fix: 'CREATE VIEW … WITH (security_invoker = true) (PostgreSQL 15 and later); keep materialized views in a schema that is not served',
  on: {
    ViewStmt({ view, options }, at) {
      if (schemaOf(tableName(view)) !== 'public' || !isServed(at) || view?.relpersistence === 't') return undefined
      const invoker = nodesIn(options, 'DefElem').some(
        ({ defname, arg }) =>
          defname === 'security_invoker' &&
          asNode(arg, 'String')?.sval !== 'false' &&
          asNode(arg, 'Boolean')?.boolval !== false,
      )
      return invoker ? undefined : { message: `${shown(tableName(view))} is read with the rights of its owner` }
    },
    CreateTableAsStmt({ objtype, into }, at) {
      const name = tableName(into?.rel)
      if (objtype !== 'OBJECT_MATVIEW' || schemaOf(name) !== 'public' || !isServed(at)) return undefined
      return {
        message: `the materialized view ${shown(name)} is served without row level security`,
        severity: 'warning',
      }
    },
  },
  live: {
    sql: `select n.nspname || '.' || ${family('v.relname')} as name, count(*)::int4 as count, max(v.relkind::text) as detail
            from pg_catalog.pg_class v
            join pg_catalog.pg_namespace n on n.oid = v.relnamespace
           where v.relkind in ('v', 'm', 'f') and ${userSchemas('n.nspname')} and ${servedSchemas('n.oid')}
             and not exists (select 1 from pg_catalog.pg_depend d where d.objid = v.oid and d.deptype = 'e')
             and (v.relkind <> 'v' or not coalesce(v.reloptions, '{}') && array['security_invoker=true', 'security_invoker=on', 'security_invoker=1', 'security_invoker=yes'])
             and exists (select 1 from pg_catalog.pg_roles r where r.rolname in ('anon', 'authenticated')
                            and pg_catalog.has_table_privilege(r.oid, v.oid, 'SELECT'))
           group by 1 order by 1 limit 200`,
    spot: ({ name, detail }) => ({
      where: name,
      severity: detail === 'v' ? 'error' : 'warning',
      message: `${name} (${detail === 'v' ? 'a view' : detail === 'm' ? 'a materialized view' : 'a foreign table'}) is served past row level security`,
    }),
  },
})
