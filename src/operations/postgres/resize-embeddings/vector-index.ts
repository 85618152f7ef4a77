import { derivedName, quoteIdentifier, quoteLiteral } from '../../../kernel/identifiers.ts'
import type { IndexShape } from '../../../tenants/catalog.ts'
import type { TableState } from '../../table-state.ts'
import type { TableWork } from '../../work-passes.ts'
import type { VectorIndex } from './resize-spec.ts'
import { nextSchema, twinIn, typeAfter, vectorColumn, vectorPath, vectorType } from './vector-change.ts'
import type { VectorChange, VectorType } from './vector-change.ts'

/** Below, a scan is faster than any index and exact; above, an index is; between it depends, and an HNSW index stays. */
const fewRows = 1_000
const manyRows = 10_000

/** Dimensions that pgvector indexes at most, as they are and as half floats. */
const mostIndexed = { vector: 2_000, halfvec: 4_000 } as const

export type Metric = 'l2' | 'ip' | 'cosine' | 'l1'

/** The approximate indexes of the column, as they are. */
export function approximateIndexes({ column }: VectorChange, { shape }: TableState): readonly IndexShape[] {
  return shape.indexes.filter(
    ({ definition, columns }) =>
      / USING (?:hnsw|ivfflat) \(/.test(definition) && (columns.includes(column) || definition.includes(column)),
  )
}

/** The distance that an index is for; without one, cosine. */
export function metricOf(index: IndexShape | undefined): Metric {
  if (index === undefined) return 'cosine'
  const found = /(?:vector|halfvec|bit)_(l2|ip|cosine|l1)_ops/.exec(index.definition)?.[1]
  return found === 'ip' || found === 'cosine' || found === 'l1' ? found : 'l2'
}

/** The operator of a distance: the one that queries must use for an index to help. */
export const operators: Readonly<Record<Metric, string>> = { l2: '<->', ip: '<#>', cosine: '<=>', l1: '<+>' }

export interface PlannedIndex {
  readonly metric: Metric
  /** SQL of what is indexed, over the bare row, and its operator class. */
  readonly on: string
  readonly with: string
}

/** The index that a table of so many rows is to have; a text says why it has none. */
export function planIndex(change: VectorChange, table: TableState, rows: number): PlannedIndex | string {
  const { index = 'auto' } = change.spec.options
  const now = vectorType(vectorColumn(change, table)?.type)
  if (index === 'none' || now === undefined) return 'none was asked for'
  const [old] = approximateIndexes(change, table)
  if (index === 'auto') {
    if (rows < fewRows) return `${rows} rows are found faster, and exactly, without`
    if (rows <= manyRows && old?.definition.includes(' USING hnsw ') !== true)
      return `${rows} rows are found exactly in some milliseconds without`
  }
  const type = typeAfter(change, now)
  const on = indexed(change.column, type, metricOf(old))
  if (on === undefined) return `pgvector indexes ${mostIndexed.halfvec} dimensions at most`
  return { metric: metricOf(old), on, with: settingsSql(index) }
}

/** SQL of the settings of HNSW that are asked for. */
export function settingsSql(index: VectorIndex): string {
  const { m, efConstruction } = typeof index === 'object' ? index : {}
  const settings = [
    ...(m === undefined ? [] : [`m = ${m}`]),
    ...(efConstruction === undefined ? [] : [`ef_construction = ${efConstruction}`]),
  ]
  return settings.length === 0 ? '' : ` with (${settings.join(', ')})`
}

function indexed(column: string, { kind, dimensions }: VectorType, metric: Metric): string | undefined {
  const name = quoteIdentifier(column)
  if (dimensions <= mostIndexed[kind]) return `${name} ${kind}_${metric}_ops`
  return dimensions <= mostIndexed.halfvec ? `(${name}::halfvec(${dimensions})) halfvec_${metric}_ops` : undefined
}

/** SQL of the distance between a row's vector and another, as the index has it. */
export function distanceSql(column: string, type: VectorType, metric: Metric, other: string): string {
  const name = quoteIdentifier(column)
  const isCast =
    type.kind === 'vector' && type.dimensions > mostIndexed.vector && type.dimensions <= mostIndexed.halfvec
  const cast = isCast ? `::halfvec(${type.dimensions})` : ''
  return `${name}${cast} ${operators[metric]} (${other})${cast}`
}

/** The name of the index: that of the one it takes the place of. */
function indexName(change: VectorChange, table: TableState): string {
  const [old] = approximateIndexes(change, table)
  return old?.name ?? derivedName(table.name, change.column, 'hnsw')
}

/** Builds the twin's index where it pays, after the rows: several times cheaper than before them. */
export async function buildIndex(change: VectorChange, { table, hands }: TableWork): Promise<boolean> {
  const twin = twinIn(nextSchema, table)
  let built = false
  if (typeof planIndex(change, table, Infinity) === 'string') return built
  await hands.change({
    names: [table.name],
    cursor: undefined,
    long: true,
    work: async (q) => {
      const [found] = await q.query<{ rows: number; there: boolean }>(
        `select (select count(*)::float8 from (select from ${twin} limit ${manyRows + 1}) t) as rows,
                to_regclass(${quoteLiteral(`${nextSchema}.${quoteIdentifier(indexName(change, table))}`)}) is not null as there`,
      )
      const index = planIndex(change, table, found?.rows ?? 0)
      if (typeof index === 'string' || found?.there === true) return []
      await q.script(
        `${vectorPath};\ncreate index ${quoteIdentifier(indexName(change, table))} on ${twin} using hnsw (${index.on})${index.with}`,
      )
      built = true
      return []
    },
  })
  return built
}
