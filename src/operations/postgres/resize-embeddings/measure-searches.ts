import { quoteIdentifier } from '../../../kernel/identifiers.ts'
import type { Queryable } from '../../../stores/tables.ts'
import type { TableState } from '../../table-state.ts'
import { explain } from './index-use.ts'
import { nearestSql, searched, searchSql } from './search.ts'
import type { Place } from './search.ts'
import { sameKey } from './vector-change.ts'
import type { VectorChange } from './vector-change.ts'
import { usualChecks } from './vector-checks.ts'

export interface Measuring {
  readonly change: VectorChange
  readonly table: TableState
  readonly fresh: Place
  /** Where the same rows have their old vectors. */
  readonly old: Place
  /** The name of the new vectors' index, where they have one. */
  readonly index: string | undefined
}

/** What searches for stored vectors gave: shares from 0 to 1, the server's milliseconds. */
export interface Searches {
  readonly probes: number
  /** What the index found of what is nearest, ties counted; `ties` of them are as near as the last and other rows. */
  readonly recall?: number
  readonly ties?: number
  /** Rows that the app's query gives, of those that it gives without the index. */
  readonly answered?: number
  readonly after?: Latency
  readonly before?: Latency
  /** Old answers that are among the new ones. */
  readonly overlap?: number
}

export interface Latency {
  readonly median: number
  readonly p95: number
}

interface Probe {
  readonly fresh: string
  readonly old: string | null
}

/** Rows looked at for one that is searched for. */
const sampledFrom = 20

const exactly = 'set local enable_indexscan = off; set local enable_seqscan = on'
const byIndex = 'set local enable_indexscan = on; set local enable_seqscan = off'
const asUsual = 'set local enable_indexscan to default; set local enable_seqscan to default'

/**
 * Searches for stored vectors among the old and the new ones. How good the index is, is always measured; with `wide` also
 * how long the app waits, before and after, and how the answers differ.
 */
export async function measureSearches(q: Queryable, measuring: Measuring, wide: boolean): Promise<Searches> {
  const probes = await sampleProbes(q, measuring)
  if (probes.length === 0) return { probes: 0 }
  return {
    probes: probes.length,
    ...(measuring.index === undefined ? {} : await recallOf(q, measuring, probes)),
    ...(wide ? await compareOf(q, measuring, probes) : {}),
  }
}

async function sampleProbes(q: Queryable, { change, table, fresh, old }: Measuring): Promise<readonly Probe[]> {
  const { probes = usualChecks.probes } = change.spec.options.verify ?? {}
  const vector = quoteIdentifier(change.column)
  return q.query<Probe & Record<string, unknown>>(
    `select t.${vector}::text as fresh, o.${vector}::text as old
     from (select * from ${fresh.at} where ${vector} is not null limit ${probes * sampledFrom}) t left join ${old.at} o on ${sameKey(table, 'o', 't')}
     order by pg_catalog.md5(t.${vector}::text) limit ${probes}`,
  )
}

async function recallOf(
  q: Queryable,
  { change, table, fresh }: Measuring,
  probes: readonly Probe[],
): Promise<Pick<Searches, 'recall' | 'ties'>> {
  const sql = nearestSql(change, table, fresh)
  let [found, ties, all] = [0, 0, 0]
  for (const { fresh: vector } of probes) {
    const nearest = async (how: string): Promise<readonly { readonly id: string; readonly d: number }[]> => {
      await q.script(how)
      return q.query<{ id: string; d: number }>(sql, [vector])
    }
    const exact = await nearest(exactly)
    const approximate = await nearest(byIndex)
    const furthest = (exact.at(-1)?.d ?? 0) + 1e-6
    const ids = new Set(exact.map(({ id }) => id))
    const near = approximate.filter(({ d }) => d <= furthest)
    found += near.length
    ties += near.filter(({ id }) => !ids.has(id)).length
    all += exact.length
  }
  await q.script(asUsual)
  return { recall: all === 0 ? 1 : found / all, ties }
}

async function compareOf(q: Queryable, measuring: Measuring, probes: readonly Probe[]): Promise<Partial<Searches>> {
  const { change, table, fresh, old, index } = measuring
  const [now, then] = [searchSql(change, table, fresh, true), searchSql(change, table, old, false)]
  const times: { readonly after: number[]; readonly before: number[] } = { after: [], before: [] }
  const rows = { given: 0, due: 0, same: 0, before: 0 }
  for (const probe of probes) {
    const answer = await searched(q, now, probe.fresh)
    // What it reads is in memory by now, as it is for a search that is often made.
    times.after.push((await explain(q, now, probe.fresh, true)).milliseconds)
    if (index !== undefined) {
      await q.script(exactly)
      rows.due += (await searched(q, now, probe.fresh)).length
      await q.script(asUsual)
      rows.given += answer.length
    }
    if (probe.old === null) continue
    const former = await searched(q, then, probe.old)
    times.before.push((await explain(q, then, probe.old, true)).milliseconds)
    rows.same += former.filter((id) => answer.includes(id)).length
    rows.before += former.length
  }
  return {
    after: latencyOf(times.after),
    ...(times.before.length === 0 ? {} : { before: latencyOf(times.before) }),
    ...(rows.before === 0 ? {} : { overlap: rows.same / rows.before }),
    ...(rows.due === 0 ? {} : { answered: rows.given / rows.due }),
  }
}

/** The middle one, and the one that nineteen of twenty do not exceed. */
export function latencyOf(times: readonly number[]): Latency {
  const sorted = times.toSorted((a, b) => a - b)
  const at = (share: number): number => sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? 0
  return { median: at(0.5), p95: at(0.95) }
}
