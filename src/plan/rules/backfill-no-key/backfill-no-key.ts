import type { CreateStmt } from 'libpg-query'
import { addedConstraints } from '../../../sql/alterations.ts'
import { shown, tableName } from '../../../sql/names.ts'
import { asNode, findNodes, nodesIn } from '../../../sql/tree.ts'
import { after } from '../../sql/flow.ts'
import type { At } from '../../sql/flow.ts'
import { family, plural, userSchemas } from '../../sql/live.ts'
import { defineSqlRule } from '../sql-rule.ts'

export const backfillNoKey = defineSqlRule({
  name: 'backfill-no-key',
  summary: 'Every table has a key by which it can be walked',
  severity: 'warning',
  why: 'without a primary key (or a unique one without NULL) no backfill can go on where it stopped, and replication cannot tell rows apart',
  fix: 'give it a primary key',
  inBodies: 'too',
  on: {
    CreateStmt(create, at) {
      const { relation, inhRelations, partbound, ofTypename } = create
      if (
        relation?.relpersistence === 't' ||
        inhRelations !== undefined ||
        partbound !== undefined ||
        ofTypename !== undefined
      )
        return undefined
      const table = tableName(relation)
      if (hasKey(create) || nodesIn(create.tableElts, 'TableLikeClause').length > 0 || isKeyedLater(at, table))
        return undefined
      return { message: `${shown(table)} has no primary key` }
    },
  },
  live: {
    sql: `select n.nspname || '.' || ${family('t.relname')} as name, count(*)::int4 as count, min(t.relname) as detail
            from pg_catalog.pg_class t
            join pg_catalog.pg_namespace n on n.oid = t.relnamespace
           where t.relkind in ('r', 'p') and t.relpersistence = 'p' and not t.relispartition and ${userSchemas('n.nspname')}
             and not exists (select 1 from pg_catalog.pg_index i where i.indrelid = t.oid and (i.indisprimary
                   or i.indisunique and i.indpred is null and i.indexprs is null and not exists (
                        select 1 from pg_catalog.pg_attribute a
                         where a.attrelid = t.oid and a.attnum = any(i.indkey) and not a.attnotnull)))
           group by 1 order by 1 limit 200`,
    spot: ({ name, count, detail }) => ({
      where: name,
      message: `${plural(count, 'table', 'tables')} ${name} without a key, as ${detail}`,
    }),
  },
})

function hasKey({ tableElts }: CreateStmt): boolean {
  return findNodes(tableElts, 'Constraint').some(
    ({ contype }) => contype === 'CONSTR_PRIMARY' || contype === 'CONSTR_UNIQUE',
  )
}

function isKeyedLater(at: At, table: string): boolean {
  return after(at).some(({ node }) => {
    const alter = asNode(node, 'AlterTableStmt')
    if (alter === undefined || tableName(alter.relation) !== table) return false
    return [...addedConstraints(alter, 'CONSTR_PRIMARY'), ...addedConstraints(alter, 'CONSTR_UNIQUE')].length > 0
  })
}
