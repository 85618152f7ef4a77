import { derivedNameSql, quoteLiteral } from '../../../kernel/identifiers.ts'
import { newTable } from '../../provision-steps.ts'
import type { Extension } from '../../provisioning.ts'
import { tagOfSpec } from '../../step-target.ts'
import { indexPart, printWanted, unsaidClass } from './index-change.ts'
import type { VectorChange } from './vector-change.ts'
import { settingsSql } from './vector-index.ts'

/** SQL of the approximate indexes of a new tenant's table, as `i`, with their definition as `d.def`. */
const approximate = ({ column }: VectorChange): string =>
  `from pg_catalog.pg_index x join pg_catalog.pg_class i on i.oid = x.indexrelid join pg_catalog.pg_namespace n on n.oid = i.relnamespace join pg_catalog.pg_am m on m.oid = i.relam cross join lateral (select pg_catalog.pg_get_indexdef(i.oid) as def) d where x.indrelid = lockstep_oid and m.amname in ('hnsw', 'ivfflat') and pg_catalog.strpos(d.def, pg_catalog.quote_ident(${quoteLiteral(column)})) > 0`

const nameSql = (change: VectorChange): string => derivedNameSql('lockstep_table', indexPart(change), 'hnsw')

/** Until contract new tenants' tables have both indexes, as all others do. */
export function indexExtension(change: VectorChange): Extension | undefined {
  const { index = 'none' } = change.spec.options
  if (index === 'none') return undefined
  const name = nameSql(change)
  const bare = `pg_catalog.regexp_replace(pg_catalog.regexp_replace(d.def, '^.* USING (?:ivfflat|hnsw) ', ''), '( WITH \\([^)]*\\))?( WHERE .*)?$', '')`
  const path = `(select pg_catalog.quote_ident(n.nspname) from pg_catalog.pg_extension e join pg_catalog.pg_namespace n on n.oid = e.extnamespace where e.extname = 'vector')`
  const key = `case when ${bare} ~ '_ops"?[)]$' then ${bare} else pg_catalog.rtrim(${bare}, ')') || ' ' || ${path} || '.${unsaidClass})' end`
  return {
    tag: change.tag,
    what: printWanted(change),
    lacks: `exists (select ${approximate(change)}) and not exists (select ${approximate(change)} and i.relname = ${name})`,
    statements: [
      `(select 'create index ' || pg_catalog.quote_ident(${name}) || ' on ' || ${newTable} || ' using hnsw ' || ${key} || ${quoteLiteral(settingsSql(index))} || coalesce(pg_catalog.substring(d.def, ' WHERE .*$'), '') ${approximate(change)} order by i.relname limit 1)`,
    ],
  }
}

/** From contract on they have the new one alone, or none. */
export function lastIndexExtension(change: VectorChange): Extension {
  const inTheWay = `${approximate(change)} and i.relname <> ${nameSql(change)}`
  return {
    tag: tagOfSpec('resizeEmbeddings at last', change.spec),
    what: `${printWanted(change)} alone`,
    lacks: `exists (select ${inTheWay})`,
    statements: [
      `(select pg_catalog.string_agg(pg_catalog.format('drop index %I.%I', n.nspname, i.relname), '; ') ${inTheWay})`,
    ],
  }
}
