import type { Constraint, CreateStmt } from 'libpg-query'
import { columnsOf } from '../../../sql/alterations.ts'
import { shown, stringsOf, tableName } from '../../../sql/names.ts'
import type { Statement } from '../../../sql/statement.ts'
import { asNode, nodesIn } from '../../../sql/tree.ts'
import { family, plural, userSchemas } from '../../sql/live.ts'
import { foreignKeys } from '../../sql/tables.ts'
import { defineSqlRule } from '../sql-rule.ts'

export const unindexedFk = defineSqlRule({
  name: 'unindexed-fk',
  summary: 'A foreign key has an index on its own side',
  severity: 'warning',
  why: 'each DELETE and each change of a key on the other side reads the whole table',
  fix: 'create an index that begins with its columns',
  on: {
    CreateStmt(create, at) {
      const table = tableName(create.relation)
      const indexed = [...keysOf(create), ...indexesOf([...at.script.flow], table)]
      return foreignKeys(create)
        .filter(
          ({ columns }) =>
            !indexed.some((index) => columns.every((name) => index.slice(0, columns.length).includes(name))),
        )
        .map(({ columns, constraint }) => ({
          message: `no index of ${shown(table)} begins with ${columns.join(', ')}`,
          index: at.statement.at(constraint.location),
        }))
    },
  },
  live: {
    sql: `select n.nspname || '.' || ${family('t.relname')} || ' ' || ${family('c.conname')} as name, count(*)::int4 as count, min(t.relname) as detail
            from pg_catalog.pg_constraint c
            join pg_catalog.pg_class t on t.oid = c.conrelid
            join pg_catalog.pg_namespace n on n.oid = t.relnamespace
           where c.contype = 'f' and ${userSchemas('n.nspname')}
             and not exists (select 1 from pg_catalog.pg_index i
                              where i.indrelid = c.conrelid and i.indisvalid and i.indpred is null
                                and (i.indkey::int2[])[0:cardinality(c.conkey) - 1] @> c.conkey)
           group by 1 order by 1 limit 200`,
    spot: ({ name, count }) => ({
      where: name,
      message: `${plural(count, 'foreign key', 'foreign keys')} ${name} without an index`,
    }),
  },
})

/** The columns of each key that the table is made with. */
function keysOf(create: CreateStmt): readonly (readonly string[])[] {
  const unique = (contype: Constraint['contype']): boolean =>
    contype === 'CONSTR_PRIMARY' || contype === 'CONSTR_UNIQUE'
  const ofTable = nodesIn(create.tableElts, 'Constraint')
    .filter(({ contype }) => unique(contype))
    .map(({ keys }) => stringsOf(keys))
  const ofColumns = columnsOf(create).flatMap((column) =>
    nodesIn(column.constraints, 'Constraint').some(({ contype }) => unique(contype)) ? [[column.colname ?? '']] : [],
  )
  return [...ofTable, ...ofColumns]
}

function indexesOf(flow: readonly Statement[], table: string): readonly (readonly string[])[] {
  return flow.flatMap(({ node }) => {
    const index = asNode(node, 'IndexStmt')
    if (index === undefined || tableName(index.relation) !== table) return []
    return [nodesIn(index.indexParams, 'IndexElem').flatMap(({ name }) => name ?? [])]
  })
}
