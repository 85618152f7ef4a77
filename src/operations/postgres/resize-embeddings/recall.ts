import { quoteIdentifier } from '../../../kernel/identifiers.ts'
import type { Queryable } from '../../../stores/tables.ts'
import type { Look } from '../../operation.ts'
import type { TableState } from '../../table-state.ts'
import { typeAfter, vectorColumn, vectorPath, vectorType } from './vector-change.ts'
import type { VectorChange, VectorType } from './vector-change.ts'
import { approximateIndexes, distanceSql, metricOf, planIndex } from './vector-index.ts'

const queries = 20
const usualRecall = 0.95

/**
 * How much of what is nearest the index finds, ties counted, with stored vectors as queries; and whether such a query
 * uses it. Says what is wrong; nothing where the table has no index, or too few rows for the planner to want one.
 */
export async function measureRecall(
  change: VectorChange,
  table: TableState,
  place: string,
  look: Look,
): Promise<readonly string[]> {
  const now = vectorType(vectorColumn(change, table)?.type)
  if (now === undefined) return []
  return look.tables.read(async (q) => {
    await q.script(vectorPath)
    const [index] = await q.query<{ name: string; valid: boolean; rows: number }>(
      `select i.relname as name, x.indisvalid as valid, (select count(*)::float8 from ${place}) as rows
       from pg_catalog.pg_index x join pg_catalog.pg_class i on i.oid = x.indexrelid join pg_catalog.pg_am m on m.oid = i.relam
       where x.indrelid = $1::regclass and m.amname in ('hnsw', 'ivfflat') limit 1`,
      [place],
    )
    if (index === undefined) return []
    if (!index.valid) return [`its index ${index.name} is not valid`]
    const recall = await recallOf(q, change, { table, place, type: typeAfter(change, now) })
    const least = change.spec.options.verify?.recall ?? usualRecall
    return recall >= least
      ? []
      : [`its index ${index.name} finds ${recall.toFixed(3)} of what is nearest, ${least} is asked for`]
  })
}

interface Searched {
  readonly table: TableState
  readonly place: string
  readonly type: VectorType
}

async function recallOf(q: Queryable, change: VectorChange, { table, place, type }: Searched): Promise<number> {
  const { k = 10, probes = queries } = change.spec.options.verify ?? {}
  const vector = quoteIdentifier(change.column)
  const planned = planIndex(change, table, Infinity)
  const metric = typeof planned === 'string' ? metricOf(approximateIndexes(change, table)[0]) : planned.metric
  const asked = await q.query<{ text: string }>(
    `select ${vector}::text as text from (select ${vector} from ${place} where ${vector} is not null limit ${probes * 20}) v order by pg_catalog.md5(${vector}::text) limit ${probes}`,
  )
  let [found, all] = [0, 0]
  for (const { text } of asked) {
    const distance = distanceSql(change.column, type, metric, `'${text}'::${type.kind}(${type.dimensions})`)
    const nearest = async (settings: string): Promise<readonly number[]> => {
      await q.script(settings)
      const rows = await q.query<{ d: number }>(`select ${distance} as d from ${place} order by ${distance} limit ${k}`)
      return rows.map(({ d }) => d)
    }
    const exact = await nearest('set local enable_indexscan = off; set local enable_seqscan = on')
    const approximate = await nearest('set local enable_indexscan = on; set local enable_seqscan = off')
    const furthest = (exact.at(-1) ?? 0) + 1e-6
    found += approximate.filter((d) => d <= furthest).length
    all += exact.length
  }
  return all === 0 ? 1 : found / all
}
