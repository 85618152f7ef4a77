import { userSchemas } from '../../sql/live.ts'
import { distanceOf, vectorIndexes } from '../../sql/vectors.ts'
import { defineSqlRule } from '../sql-rule.ts'

export const opclassMismatch = defineSqlRule({
  name: 'opclass-mismatch',
  summary: 'A search uses the operator that its index serves',
  severity: 'error',
  inBodies: 'too',
  why: 'an index knows one distance; for another one every row is read',
  fix: 'use the operator of the index (<=> for vector_cosine_ops, <-> for vector_l2_ops, <#> for vector_ip_ops), or build one for the other',
  on: {
    SelectStmt(select, at) {
      const distance = distanceOf(select.sortClause)
      if (distance === undefined) return undefined
      const indexes = vectorIndexes([...at.earlier, at.script]).filter(({ column }) => column === distance.column)
      const served = indexes.map(({ operator }) => operator)
      if (served.length === 0 || served.includes(distance.operator)) return undefined
      return {
        message: `${distance.column} is ordered by ${distance.operator}, and its index serves ${[...new Set(served)].join(', ')}`,
        index: at.statement.at(distance.location),
      }
    },
  },
  live: {
    sql: `with operators (sign, kind) as (values ('<->', 'l2'), ('<=>', 'cosine'), ('<#>', 'ip'), ('<+>', 'l1')),
               served as (select distinct substring(o.opcname from '_(l2|cosine|ip|l1)_ops$') as kind
                            from pg_catalog.pg_index i
                            join pg_catalog.pg_opclass o on o.oid = any (i.indclass)
                            join pg_catalog.pg_am a on a.oid = o.opcmethod
                           where a.amname in ('hnsw', 'ivfflat'))
          select p.oid::regprocedure::text as name, count(*)::int4 as count, min(o.sign) as detail
            from pg_catalog.pg_proc p
            join pg_catalog.pg_namespace n on n.oid = p.pronamespace
            join operators o on position(o.sign in p.prosrc) > 0
           where ${userSchemas('n.nspname')} and exists (select 1 from served)
             and o.kind not in (select kind from served where kind is not null)
             and not exists (select 1 from pg_catalog.pg_depend d where d.objid = p.oid and d.deptype = 'e')
           group by 1 order by 1 limit 200`,
    spot: ({ name, detail }) => ({
      where: name,
      message: `${name} measures by ${detail}, and no vector index of this database serves that`,
    }),
  },
})
