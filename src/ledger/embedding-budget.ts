import type { EmbeddingBudget, Spend } from '../embeddings/cache.ts'
import { paceKinds } from '../embeddings/pace.ts'
import type { BucketKeeper, Buckets, PaceKind } from '../embeddings/pace.ts'
import type { RateBucket } from '../embeddings/rate-bucket.ts'
import type { Queryable, TableWriter } from '../stores/tables.ts'

/** Many calls change the same row: each waits for its turn, where a run's other statements would give up. */
const patient = { lockTimeout: 60_000, statementTimeout: 90_000 }

/** What one run spends on embeddings, in `lockstep.embedding_spend`. */
export function createLedgerBudget(tables: TableWriter, run: string): EmbeddingBudget {
  return {
    async reserve({ tokens, usd, calls }, mostUsd) {
      const rows = await tables.transaction(
        (q) =>
          q.query(
            `insert into lockstep.embedding_spend as s (run, tokens, usd, calls)
           select $1, $2::float8, $3::float8, $4::float8 where $3::float8 <= $5::float8
           on conflict (run) do update set tokens = s.tokens + $2::float8, usd = s.usd + $3::float8, calls = s.calls + $4::float8
           where s.usd + $3::float8 <= $5::float8 returning run`,
            [run, tokens, usd, calls, mostUsd ?? Infinity],
          ),
        patient,
      )
      return rows.length > 0
    },
    async settle(reserved, charged) {
      if (reserved.tokens === charged.tokens && reserved.calls === charged.calls) return
      const change = [charged.tokens - reserved.tokens, charged.usd - reserved.usd, charged.calls - reserved.calls]
      await tables.transaction(
        (q) =>
          q.query(
            `update lockstep.embedding_spend set tokens = tokens + $2, usd = usd + $3, calls = calls + $4 where run = $1`,
            [run, ...change],
          ),
        patient,
      )
    },
  }
}

/** What a run spent on embeddings so far; zeros where it made no call. */
export async function readEmbeddingSpend(tables: Pick<TableWriter, 'read'>, run: string): Promise<Spend> {
  const [row] = await tables.read((q) =>
    q.query<{ tokens: number; usd: number; calls: number }>(
      'select tokens, usd, calls from lockstep.embedding_spend where run = $1',
      [run],
    ),
  )
  return row ?? { tokens: 0, usd: 0, calls: 0 }
}

interface BudgetRow {
  readonly kind: PaceKind
  readonly available: number
  readonly at: number
  readonly blocked: number | null
  readonly learned: number | null
}

/**
 * The buckets of one account as two rows of `lockstep.budgets`, by the clock of the database: all workers and runs that name the
 * account alike share them.
 */
export function createLedgerKeeper(tables: TableWriter, account: string): BucketKeeper {
  return {
    update: (change) =>
      tables.transaction(async (q) => {
        const [clock] = await q.query<{ now: number }>(
          `select pg_advisory_xact_lock(hashtext($1)), extract(epoch from clock_timestamp())::float8 * 1000 as now`,
          [`lockstep ${account}`],
        )
        const now = clock?.now ?? 0
        const { buckets, result } = change(await readBuckets(q, account), now)
        await writeBuckets(q, account, buckets)
        return result
      }, patient),
  }
}

async function readBuckets(q: Queryable, account: string): Promise<Buckets> {
  const rows = await q.query<BudgetRow>(
    `select kind, b.available, extract(epoch from b.refilled_at)::float8 * 1000 as at,
            extract(epoch from b.blocked_until)::float8 * 1000 as blocked, b.learned
     from unnest($2::text[]) as asked (kind) join lockstep.budgets b on b.name = $1 || ' ' || kind`,
    [account, paceKinds],
  )
  const one = (kind: PaceKind): RateBucket | undefined => {
    const row = rows.find((each) => each.kind === kind)
    if (row === undefined) return undefined
    const { available, at, blocked, learned } = row
    return { available, at, blockedUntil: blocked ?? undefined, learned: learned ?? undefined }
  }
  return { requests: one('requests'), tokens: one('tokens') }
}

async function writeBuckets(q: Queryable, account: string, buckets: Buckets): Promise<void> {
  for (const kind of paceKinds) {
    const bucket = buckets[kind]
    if (bucket === undefined) continue
    await q.query(
      `insert into lockstep.budgets (name, available, refilled_at, started_at, blocked_until, learned)
       values ($1, $2, to_timestamp($3::float8 / 1000), clock_timestamp(), to_timestamp($4::float8 / 1000), $5)
       on conflict (name) do update set available = $2, refilled_at = to_timestamp($3::float8 / 1000),
         blocked_until = to_timestamp($4::float8 / 1000), learned = $5`,
      [`${account} ${kind}`, bucket.available, bucket.at, bucket.blockedUntil ?? null, bucket.learned ?? null],
    )
  }
}
