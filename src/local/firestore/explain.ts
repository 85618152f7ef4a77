import { performance } from 'node:perf_hooks'
import type { IndexField } from '../../stores/indexes.ts'
import { servingIndexes } from './index-needs.ts'
import type { Plan } from './query.ts'
import type { WireExplainOptions } from './wire.ts'

/** What was asked and how it is answered; `entries` counts those of the index that are read where no document is. */
interface Explained {
  readonly plan: Plan
  /** Fields that are summed. */
  readonly summed: readonly string[]
  readonly answers: Iterable<object>
  readonly entries?: () => number
}

/**
 * The answers, and where they are to be explained, with the last the indexes that serve the query and what it took; without
 * `analyze` the indexes alone, and nothing is run.
 */
export const withExplanation = (options: WireExplainOptions | null | undefined, asked: Explained): Iterable<object> =>
  options ? explain(options, asked) : asked.answers

function* explain(options: WireExplainOptions, asked: Explained): Generator<object> {
  const planSummary = { indexesUsed: servingIndexes(asked.plan, asked.summed).map(asStruct) }
  if (options.analyze !== true) {
    yield { explainMetrics: { planSummary } }
    return
  }
  const began = performance.now()
  let results = 0
  let held: object = {}
  for (const answer of asked.answers) {
    if (Object.keys(held).length > 0) yield held
    if ('document' in answer || 'result' in answer) results++
    held = answer
  }
  const millis = performance.now() - began
  const executionDuration = { seconds: Math.trunc(millis / 1000), nanos: Math.trunc((millis % 1000) * 1e6) }
  const executionStats = {
    resultsReturned: results,
    executionDuration,
    readOperations: readsOf(asked, results),
    debugStats: { fields: {} },
  }
  yield { ...held, explainMetrics: { planSummary, executionStats } }
}

/** As production charges: a read for each document, those before the offset too, or for each thousand entries; one for nothing. */
function readsOf({ plan, entries }: Explained, results: number): number {
  return Math.max(1, entries === undefined ? plan.offset + results : Math.ceil(entries() / 1000))
}

const shortNames: Readonly<Record<string, string>> = { ASCENDING: 'ASC', DESCENDING: 'DESC', CONTAINS: 'CONTAINS' }

/** As production names an index: `{ query_scope: 'Collection', properties: '(a ASC, __name__ ASC)' }`. */
function asStruct({ scope, fields }: ReturnType<typeof servingIndexes>[number]): object {
  const shown = fields.map(({ path, by }: IndexField) => `${path} ${shortNames[by] ?? by}`).join(', ')
  const query_scope = scope === 'COLLECTION' ? 'Collection' : 'Collection group'
  const entries = Object.entries({ query_scope, properties: `(${shown})` })
  return { fields: Object.fromEntries(entries.map(([key, stringValue]) => [key, { stringValue }])) }
}
