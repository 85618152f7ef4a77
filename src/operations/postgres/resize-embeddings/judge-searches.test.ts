import { describe, expect, it } from 'vitest'
import { whyNever } from './index-use.ts'
import { judgeSearches, measurementOf } from './judge-searches.ts'
import type { Measured } from './judge-searches.ts'
import { latencyOf } from './measure-searches.ts'
import type { Searches } from './measure-searches.ts'

const of = (searches: Partial<Searches>, dimensions = 1_536): Measured => ({
  searches: { probes: 20, ...searches },
  index: 'nearest',
  dimensions,
})
const took = (median: number, p95 = median): { readonly median: number; readonly p95: number } => ({ median, p95 })

describe('what was measured is judged', () => {
  it.each([
    ['an index that finds enough', of({ recall: 0.95, ties: 3 }), {}, undefined],
    ['one that finds too little', of({ recall: 0.949 }), {}, /nearest finds 0\.949 of what is nearest, 0\.95 is/],
    ['one that finds less than was asked for', of({ recall: 0.98 }), { recall: 0.99 }, /0\.99 is asked for/],
    ['an app that loses rows to its filter', of({ answered: 0.33 }), {}, /33 % of the rows.*hnsw\.iterative_scan/],
    ['searches that are slow as they were', of({ before: took(200), after: took(600) }), {}, undefined],
    [
      'searches that are four times slower',
      of({ before: took(200), after: took(800) }),
      {},
      /800 ms.*200 ms before.*600 ms is/,
    ],
    ['quick ones, much slower than before', of({ before: took(1), after: took(99) }), {}, undefined],
    ['slow ones of vectors that are new', of({ after: took(101) }), {}, /101 ms as a median, 100 ms is allowed/],
    [
      'what the step allows',
      of({ before: took(1), after: took(5) }),
      { latency: { median: 2, times: 4 } },
      /4\.0 ms is allowed/,
    ],
    ['a tail that nobody asks for', of({ after: took(1, 5_000) }), {}, undefined],
    [
      'a tail that is asked for',
      of({ after: took(1, 51) }),
      { latency: { p95: 50 } },
      /one search of twenty.*50 ms is allowed/,
    ],
  ])('%s', (_, measured, checks, problem) => {
    const found = judgeSearches(measured, checks)
    expect(found).toHaveLength(problem === undefined ? 0 : 1)
    if (problem !== undefined) expect(found[0]).toMatch(problem)
  })

  it('figures that were not measured are left out', () => {
    expect(measurementOf('documents', { searches: { probes: 3 }, index: undefined, dimensions: 8 }, {})).toEqual({
      where: 'documents',
      text: '3 searches: no vector index',
      figures: { probes: 3, k: 10, indexed: 0 },
    })
  })

  it('the median and the one that nineteen of twenty do not exceed', () => {
    expect(latencyOf(Array.from({ length: 20 }, (_, n) => 20 - n))).toEqual({ median: 10, p95: 19 })
    expect(latencyOf([7])).toEqual({ median: 7, p95: 7 })
  })
})

describe('why an index is never used', () => {
  const cosine = 'CREATE INDEX nearest ON public.documents USING hnsw (embedding vector_cosine_ops)'
  const half =
    "CREATE INDEX nearest ON lockstep_next.documents USING hnsw (((embedding)::extensions.halfvec(3072)) extensions.halfvec_ip_ops) WITH (m='16')"
  it.each([
    ['no order', cosine, [], 'it is not ordered by a distance of embedding', 'order by embedding <=> $1 limit'],
    ['another order', cosine, ['documents.id'], 'it is not ordered by a distance', 'order by embedding <=> $1'],
    ['another operator', cosine, ["(embedding <-> '[1]'::vector)"], 'ordered by <->, the index is for <=>', '<=> $1'],
    [
      'no cast',
      half,
      ["(embedding <#> '[1]'::extensions.vector)"],
      'the query has to cast as it does',
      'order by embedding::halfvec(3072) <#> $1::halfvec(3072) limit',
    ],
    ['downwards', cosine, ["(embedding <=> '[1]'::vector) DESC"], 'ordered downwards', 'order by embedding <=> $1'],
    [
      'something around',
      cosine,
      ["('1' - (embedding <=> '[1]'::vector))"],
      'does more than order by',
      'nothing around',
    ],
    [
      'ivfflat by default',
      "CREATE INDEX nearest ON d USING ivfflat (embedding) WITH (lists='1')",
      ["(embedding <=> '[1]')"],
      'the index is for <->',
      '<-> $1',
    ],
  ])('%s', (_, definition, sortKeys, reason, fix) => {
    const said = whyNever({ name: 'nearest', definition }, 'embedding', sortKeys)
    expect(said).toContain(reason)
    expect(said).toContain(fix)
  })
})
