import { commandsOf } from '../../../sql/alterations.ts'
import { shown, tableName } from '../../../sql/names.ts'
import type { Statement } from '../../../sql/statement.ts'
import { asNode } from '../../../sql/tree.ts'
import { after } from '../../sql/flow.ts'
import { family, plural, servedSchemas, userSchemas } from '../../sql/live.ts'
import { schemaOf } from '../../sql/schemas.ts'
import { isServed } from '../../sql/sql-facts.ts'
import { defineSqlRule } from '../sql-rule.ts'

export const rlsDisabledExposed = defineSqlRule({
  name: 'rls-disabled-exposed',
  summary: 'A table that the API serves has row level security',
  severity: 'error',
  why: 'everybody who has the public key reads and writes every row',
  fix: 'ALTER TABLE … ENABLE ROW LEVEL SECURITY where the table is made, with policies for those who may',
  inBodies: 'too',
  on: {
    CreateStmt({ relation, partbound }, at) {
      const table = tableName(relation)
      if (schemaOf(table) !== 'public' || relation?.relpersistence === 't' || partbound !== undefined || !isServed(at))
        return undefined
      const enabled = after(at).some((each) => commands(each, table, 'AT_EnableRowSecurity').length > 0)
      return enabled ? undefined : { message: `${shown(table)} is served without row level security` }
    },
    AlterTableStmt(alter, at) {
      const table = tableName(alter.relation)
      if (schemaOf(table) !== 'public') return undefined
      return commands(at.statement, table, 'AT_DisableRowSecurity').map(() => ({
        message: `row level security of ${shown(table)} is switched off`,
      }))
    },
  },
  live: {
    sql: `select n.nspname || '.' || ${family('t.relname')} as name, count(*)::int4 as count,
                 case when bool_or(pg_catalog.has_table_privilege(r.oid, t.oid, 'SELECT,INSERT,UPDATE,DELETE'))
                      then string_agg(distinct r.rolname, ', ') filter (where pg_catalog.has_table_privilege(r.oid, t.oid, 'SELECT,INSERT,UPDATE,DELETE')) end as detail
            from pg_catalog.pg_class t
            join pg_catalog.pg_namespace n on n.oid = t.relnamespace
            join pg_catalog.pg_roles r on r.rolname in ('anon', 'authenticated')
           where t.relkind in ('r', 'p') and not t.relrowsecurity and t.relpersistence <> 't'
             and ${userSchemas('n.nspname')} and ${servedSchemas('n.oid')}
           group by 1 order by 1 limit 200`,
    // Each table comes once for each of the two roles.
    spot: ({ name, count, detail }) => ({
      where: name,
      severity: detail === null ? 'warning' : 'error',
      message: `${plural(Math.ceil(count / 2), 'table', 'tables')} ${name} without row level security${detail === null ? ', which only missing grants protect' : `, open to ${detail}`}`,
    }),
  },
})

function commands(
  { node }: Statement,
  table: string,
  subtype: Parameters<typeof commandsOf>[1],
): ReturnType<typeof commandsOf> {
  const alter = asNode(node, 'AlterTableStmt')
  return alter === undefined || tableName(alter.relation) !== table ? [] : commandsOf(alter, subtype)
}
