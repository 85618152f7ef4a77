import type { Json } from '../kernel/canonical-json.ts'
import { fenced, shardLeaseSeconds } from '../ledger/shards.ts'
import type { ClaimedShard } from '../ledger/shards.ts'
import type { PreImage } from '../operations/operation.ts'
import type { Queryable } from '../stores/tables.ts'
import { packPreImages } from './pre-images.ts'

export interface ChangedTables {
  /** One of each table that was changed; not none. */
  readonly images: readonly PreImage[]
  /** Undefined: where the shard stood. */
  readonly cursor: Json | undefined
}

/**
 * Stores the pre-images of tables, notes each as changed and saves the checkpoint in one statement, as there is one for
 * each group of a fleet. Throws LS-4003 when another runner took the shard. Caller's transaction.
 */
export async function saveChangedTables(
  q: Queryable,
  shard: ClaimedShard,
  { images, cursor }: ChangedTables,
): Promise<void> {
  const { count, payload, span } = packPreImages(images)
  const rows = await q.query(
    `with shard as (
       update lockstep.shards set cursor = coalesce($3::jsonb, cursor), changed = changed + $4,
              lease_until = clock_timestamp() + make_interval(secs => $5)
       where id = $1 and epoch = $2 and state = 'running' returning id, run, step
     ), kept as (
       insert into lockstep.pre_images (run, step, shard, count, payload, settled, span)
       select run, step, id, $4, $6, true, lockstep.name_range($7, $8, '[]') from shard
     ), noted as (
       insert into lockstep.tables (run, step, name, state)
       select run, step, name, 'changed' from shard cross join unnest($9::text[]) as name
       on conflict (run, step, name) do update set state = excluded.state, problem = null, at = clock_timestamp()
     )
     select 1 from shard`,
    [
      shard.id,
      shard.epoch,
      cursor === undefined ? null : JSON.stringify(cursor),
      count,
      shardLeaseSeconds,
      payload,
      ...span,
      images.map(({ name }) => name),
    ],
  )
  if (rows.length === 0) throw fenced(shard)
}
