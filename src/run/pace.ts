import type { Clock } from '../kernel/clock.ts'
import { ramp } from '../operations/firestore-costs.ts'
import type { TableWriter } from '../stores/tables.ts'

export interface PaceOptions {
  readonly tables: TableWriter
  readonly clock: Clock
  readonly signal: AbortSignal
  /** Runs and workers with the same name share one budget, a row in the ledger. */
  readonly name: string
  /** Writes a second at most, the ramp apart; undefined does not limit (local stores). */
  readonly most: number | undefined
}

/**
 * The shared budget of Firestore writes: a token bucket in the ledger, refilled by the database's clock along the
 * documented 500/50/5 ramp, which begins anew after a pause as long as one of its steps. Resolves when the writes may be sent.
 */
export function createPace({ tables, clock, signal, name, most }: PaceOptions): (writes: number) => Promise<void> {
  if (most === undefined) return () => Promise.resolve()
  return async (writes) => {
    const wait = await tables.transaction(async (q) => {
      await q.query(
        `insert into lockstep.budgets as b (name, available, refilled_at, started_at)
         values ($1, 0, clock_timestamp(), clock_timestamp()) on conflict (name) do update
         set started_at = clock_timestamp() where b.refilled_at < clock_timestamp() - make_interval(secs => $2)`,
        [name, ramp.everySeconds],
      )
      const [row] = await q.query<{ available: number }>(debit, [
        name,
        writes,
        ramp.first,
        ramp.factor,
        ramp.everySeconds,
        most,
      ])
      const [rate] = await q.query<{ rate: number }>(
        `select least($5::float8, $2::float8 * power($3::float8, floor(extract(epoch from clock_timestamp() - started_at)::float8 / $4::float8)))
                as rate from lockstep.budgets where name = $1`,
        [name, ramp.first, ramp.factor, ramp.everySeconds, most],
      )
      return Math.max(0, -(row?.available ?? 0)) / (rate?.rate ?? ramp.first)
    })
    await clock.sleep(wait * 1000, signal)
  }
}

/** Debt is allowed and slept off, so that a page larger than a second's budget is not stuck; credit is one second. */
const debit = `
update lockstep.budgets b set
  available = least(r.rate, b.available + r.rate * extract(epoch from clock_timestamp() - b.refilled_at)::float8) - $2::float8,
  refilled_at = clock_timestamp()
from (select name, least($6::float8, $3::float8 * power($4::float8, floor(extract(epoch from clock_timestamp() - started_at)::float8 / $5::float8))) as rate
      from lockstep.budgets where name = $1) r
where b.name = r.name returning b.available`
