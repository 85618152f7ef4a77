import { z } from 'zod'

/** A search whose answer the owner knows. */
export interface GoldenQuery {
  /** A text, embedded as searches are, or the vector itself. */
  readonly query: string | readonly number[]
  /** Rows that have to be among the first: their keys, or what the app's own query gives in its first column. */
  readonly ids: readonly (string | number)[]
  /** Among the first so many; without it the `k` of the checks. */
  readonly k?: number | undefined
  /** The table to search, as it is printed: needed where there are several. */
  readonly table?: string | undefined
}

/** What a table has to reach before it is switched; `usualChecks` where nothing is said. */
export interface VectorChecks {
  /** Share of what is nearest that the index finds, ties counted. */
  readonly recall?: number | undefined
  readonly k?: number | undefined
  /** Stored vectors that are searched for. */
  readonly probes?: number | undefined
  /** The app's own search, with `{table}` and `$1` for the query vector; its first column tells the row. */
  readonly query?: string | undefined
  /** The same as the app asks it of the old vectors, where it differs. */
  readonly queryBefore?: string | undefined
  /** The configured embedder of searches, where the model embeds those differently from stored texts. */
  readonly searches?: string | undefined
  readonly latency?:
    | {
        /** How many times as long as before the median may be. */
        readonly times?: number | undefined
        /** Milliseconds that the median may always be, however fast it was before. */
        readonly median?: number | undefined
        /** Milliseconds that nineteen of twenty searches may take; without it nobody asks. */
        readonly p95?: number | undefined
      }
    | undefined
  readonly golden?: readonly GoldenQuery[] | undefined
}

/**
 * Measured on 10,000 rows: HNSW with pgvector's own settings finds 0.992 to 0.994 of the nearest 10 and binary ones
 * 0.89, so 0.95 tells a good index from a bad one. An exact search of 10,000 vectors, the most that `auto` leaves without
 * an index, took 41 to 60 ms at 1,536 dimensions, and 98 ms in PGlite (`usualMedian`). Vectors twice as long take twice
 * the time; three times leaves room for noise.
 */
export const usualChecks = { recall: 0.95, k: 10, probes: 20, times: 3 } as const

/** Milliseconds that a median is never too long with: what `auto` itself may ask for, in proportion above 1,536 dimensions. */
export function usualMedian(dimensions: number): number {
  return 100 * Math.max(1, dimensions / 1_536)
}

const positive = z.number().positive()
const golden = z.strictObject({
  query: z.union([z.string().trim().min(1), z.array(z.number()).min(1)]),
  ids: z.array(z.union([z.string(), z.number()])).min(1),
  k: z.int().min(1).max(1_000).optional(),
  table: z.string().min(1).optional(),
})

export const checksForm = z.strictObject({
  recall: z.number().min(0).max(1).optional(),
  k: z.int().min(1).max(100).optional(),
  probes: z.int().min(1).max(1_000).optional(),
  query: z.string().trim().min(1).optional(),
  queryBefore: z.string().trim().min(1).optional(),
  searches: z.string().min(1).optional(),
  latency: z
    .strictObject({ times: positive.optional(), median: positive.optional(), p95: positive.optional() })
    .optional(),
  golden: z.array(golden).max(1_000).optional(),
})

/** What is wrong with checks as they are written, of one table or of several. */
export function wrongChecks(
  { query, queryBefore, searches, golden: known = [] }: VectorChecks,
  of: { readonly embedder: string | undefined; readonly fleet: boolean },
): string | undefined {
  const [wrong] = [query, queryBefore].flatMap((sql) => (sql === undefined ? [] : (wrongQuery(sql) ?? [])))
  if (wrong !== undefined) return wrong
  if (queryBefore !== undefined && query === undefined)
    return 'verify.queryBefore is compared with verify.query: name both'
  const isText = known.some((each) => typeof each.query === 'string')
  if (searches !== undefined && !isText) return 'verify.searches embeds the texts of verify.golden, and there are none'
  if (isText && searches === undefined && of.embedder === undefined)
    return 'verify.golden has texts: name their embedder in verify.searches, or give vectors'
  return of.fleet && known.some(({ table }) => table === undefined)
    ? 'verify.golden has to name its table where there are several'
    : undefined
}

function wrongQuery(sql: string): string | undefined {
  if (!sql.includes('{table}')) return 'verify.query has to search {table}: the twin is asked, under another name'
  const parameters = new Set(sql.match(/\$\d+/g))
  return parameters.size === 1 && parameters.has('$1')
    ? undefined
    : 'verify.query has one parameter, $1 for the query vector: write other values into it'
}
