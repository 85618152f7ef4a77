import type { Measurement } from '../../measurement.ts'
import type { GoldenFound } from './golden-queries.ts'
import type { IndexUse } from './index-use.ts'
import type { Searches } from './measure-searches.ts'
import { usualChecks, usualMedian } from './vector-checks.ts'
import type { VectorChecks } from './vector-checks.ts'

/** All that was measured of a table's searches. */
export interface Measured {
  readonly searches: Searches
  /** The name of its index. */
  readonly index: string | undefined
  /** Of the new vectors. */
  readonly dimensions: number
  /** Of the app's own query, where it is known and there is an index. */
  readonly use?: IndexUse | undefined
  readonly golden?: GoldenFound | undefined
}

/** What is not good enough, in words. Pure. */
export function judgeSearches(
  { searches, index, dimensions, use, golden }: Measured,
  checks: VectorChecks,
): readonly string[] {
  const { recall, answered } = searches
  const least = checks.recall ?? usualChecks.recall
  return [
    ...(recall !== undefined && recall < least
      ? [`its index ${index} finds ${recall.toFixed(3)} of what is nearest, ${least} is asked for`]
      : []),
    ...(typeof use === 'object' ? [use.never] : []),
    ...(answered !== undefined && answered < least
      ? [
          `its query gives ${percent(answered)} of the rows that it gives without the index ${index}: what it filters by comes after the index; raise hnsw.ef_search, or set hnsw.iterative_scan`,
        ]
      : []),
    ...slowness(searches, checks.latency, dimensions),
    ...(golden?.problems ?? []),
  ]
}

function slowness(
  { before, after }: Searches,
  latency: VectorChecks['latency'] = {},
  dimensions: number,
): readonly string[] {
  if (after === undefined) return []
  const { p95 } = latency
  const most = mostMedian(before?.median, latency, dimensions)
  const than = before === undefined ? '' : ` (${printMs(before.median)} before)`
  return [
    ...(after.median > most
      ? [`a search takes ${printMs(after.median)} as a median${than}, ${printMs(most)} is allowed`]
      : []),
    ...(p95 !== undefined && after.p95 > p95
      ? [`one search of twenty takes more than ${printMs(after.p95)}, ${printMs(p95)} is allowed`]
      : []),
  ]
}

/** What the median may be, in milliseconds: so many times what it was, and always so much. */
function mostMedian(
  before: number | undefined,
  { times = usualChecks.times, median }: NonNullable<VectorChecks['latency']>,
  dimensions: number,
): number {
  return Math.max(median ?? usualMedian(dimensions), (before ?? 0) * times)
}

/** The same as numbers, with what was asked for, and as a line for people. Pure. */
export function measurementOf(where: string, measured: Measured, checks: VectorChecks): Measurement {
  return { where, text: textOf(measured, checks), figures: figuresOf(measured, checks) }
}

function figuresOf(
  { searches, index, dimensions, use, golden }: Measured,
  checks: VectorChecks,
): Measurement['figures'] {
  const { probes, recall, ties, answered, overlap } = searches
  return given({
    probes,
    k: checks.k ?? usualChecks.k,
    indexed: index === undefined ? 0 : 1,
    recall,
    recallLeast: recall === undefined ? undefined : (checks.recall ?? usualChecks.recall),
    ties,
    indexUsed: use === undefined ? undefined : use === 'used' ? 1 : 0,
    answered,
    ...latencyFigures(searches, checks.latency, dimensions),
    overlap,
    goldenAsked: golden?.asked,
    goldenFound: golden?.found,
  })
}

function latencyFigures(
  { before, after }: Searches,
  latency: VectorChecks['latency'] = {},
  dimensions: number,
): Readonly<Record<string, number | undefined>> {
  if (after === undefined) return {}
  return {
    medianMilliseconds: after.median,
    medianMillisecondsBefore: before?.median,
    medianMillisecondsMost: mostMedian(before?.median, latency, dimensions),
    p95Milliseconds: after.p95,
    p95MillisecondsBefore: before?.p95,
    p95MillisecondsMost: latency.p95,
  }
}

function given(figures: Readonly<Record<string, number | undefined>>): Measurement['figures'] {
  return Object.fromEntries(
    Object.entries(figures).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  )
}

function textOf({ searches, index, use, golden }: Measured, checks: VectorChecks): string {
  const { probes, recall, ties = 0, answered, after, before, overlap } = searches
  const { k = usualChecks.k } = checks
  const parts = [
    recall === undefined
      ? index === undefined && 'no vector index'
      : `recall@${k} ${recall.toFixed(3)} (${checks.recall ?? usualChecks.recall} asked for, ${ties} ties)`,
    use !== undefined && usedText(use),
    answered !== undefined && answered < 1 && `${percent(answered)} of the rows with the index`,
    after !== undefined && `median ${change(before?.median, after.median)}, p95 ${change(before?.p95, after.p95)}`,
    overlap !== undefined && `${percent(overlap)} of the old answers among the new`,
    golden !== undefined && `${golden.found} of ${golden.asked} golden queries`,
  ]
  return `${probes} searches: ${parts.filter((part) => part !== false).join('; ')}`
}

function usedText(use: IndexUse): string {
  if (use === 'used') return 'its query uses the index'
  return use === 'not preferred' ? 'its query is cheaper without the index' : 'its query cannot use the index'
}

const change = (before: number | undefined, after: number): string =>
  before === undefined ? printMs(after) : `${printMs(after)} (${printMs(before)} before)`

const printMs = (milliseconds: number): string => `${milliseconds.toFixed(milliseconds < 10 ? 1 : 0)} ms`

const percent = (share: number): string => `${Math.round(share * 100)} %`
