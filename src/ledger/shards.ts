import type { Json } from '../kernel/canonical-json.ts'
import { LockstepError } from '../kernel/errors.ts'
import type { Checkpoint, ShardPlan, WorkPhase } from '../operations/operation.ts'
import type { Queryable, TableReader, TableWriter } from '../stores/tables.ts'

/** A shard taken by this process: `epoch` is its fence, every write to the ledger carries it. */
export interface ClaimedShard {
  readonly id: string
  readonly run: string
  readonly step: number
  readonly phase: WorkPhase
  readonly scope: Json
  readonly cursor: Json | undefined
  readonly epoch: number
  readonly attempt: number
}

export interface ShardRow {
  readonly id: string
  readonly step: number
  readonly stage: number
  readonly round: number
  readonly state: 'pending' | 'running' | 'done' | 'failed'
  readonly estimate: number
  readonly changed: number
  readonly skipped: number
  readonly conflicts: number
  readonly problem: string | null
}

/** A shard untouched for so long is taken over. */
export const shardLeaseSeconds = 30

export interface ShardBatch {
  readonly run: string
  readonly step: number
  readonly round: number
  readonly shards: readonly ShardPlan[]
}

/** Part of the caller's transaction. Shards that exist already are left as they are. */
export async function insertShards(q: Queryable, { run, step, round, shards }: ShardBatch): Promise<void> {
  const rows = shards.map((shard, n) => ({ ...shard, id: `${run}/${step}/${shard.phase}/${round}/${n}` }))
  await q.query(
    `insert into lockstep.shards (id, run, step, phase, round, stage, scope, estimate)
     select s.id, $1, $2, s.phase, $3, s.stage, s.scope, s.estimate
     from jsonb_to_recordset($4::jsonb) as s(id text, phase text, stage int, scope jsonb, estimate float8)
     on conflict (id) do nothing`,
    [run, step, round, JSON.stringify(rows)],
  )
}

/** The shards of a phase without their scopes, in the order in which they are worked on. */
export function readShards(tables: TableReader, run: string, phase: WorkPhase): Promise<readonly ShardRow[]> {
  return tables.read((q) =>
    q.query<ShardRow>(
      `select id, step, stage, round, state, estimate, changed, skipped, conflicts, problem
       from lockstep.shards where run = $1 and phase = $2 order by round, stage, step, id`,
      [run, phase],
    ),
  )
}

/** Takes the shard with a new epoch; undefined when it is done, or held by an owner whose lease runs. */
export async function claimShard(tables: TableWriter, id: string, owner: string): Promise<ClaimedShard | undefined> {
  const rows = await tables.transaction((q) =>
    q.query<Omit<ClaimedShard, 'cursor'> & { cursor: Json }>(
      `update lockstep.shards set state = 'running', owner = $2, epoch = epoch + 1, attempt = attempt + 1, problem = null,
              lease_until = clock_timestamp() + make_interval(secs => $3), started_at = coalesce(started_at, clock_timestamp())
       where id = $1 and state <> 'done' and (owner is null or owner = $2 or state <> 'running' or lease_until < clock_timestamp())
             and (phase = 'revert') = (select r.state = 'rolling back' from lockstep.runs r where r.id = shards.run)
       returning id, run, step, phase, scope, cursor, epoch, attempt`,
      [id, owner, shardLeaseSeconds],
    ),
  )
  const [row] = rows
  return row === undefined ? undefined : { ...row, cursor: row.cursor ?? undefined }
}

/**
 * Opens again what failed and what owners hold that are known to be gone. Their epoch moves on, so that a late owner is fenced. Returns the shards opened.
 */
export async function reopenShards(
  tables: TableWriter,
  run: string,
  isGone: (owner: string) => boolean,
): Promise<ReadonlySet<string>> {
  const owners = await tables.read((q) =>
    q.query<{ owner: string }>(
      `select distinct owner from lockstep.shards where run = $1 and state = 'running' and owner is not null`,
      [run],
    ),
  )
  const gone = owners.map(({ owner }) => owner).filter(isGone)
  const rows = await tables.transaction((q) =>
    q.query<{ id: string }>(
      `update lockstep.shards set owner = null, state = 'pending', attempt = 0, epoch = epoch + 1
       where run = $1 and (state = 'failed' or (state = 'running' and owner = any($2::text[]))) returning id`,
      [run, gone],
    ),
  )
  return new Set(rows.map(({ id }) => id))
}

/** Without a cursor only the counts move. */
export interface SavedCheckpoint extends Omit<Checkpoint, 'cursor' | 'saved'> {
  readonly cursor: Json | undefined
}

/** Saves a checkpoint and renews the lease; throws LS-4003 when another runner took the shard. Caller's transaction. */
export async function saveCheckpoint(
  q: Queryable,
  shard: ClaimedShard,
  checkpoint: SavedCheckpoint | undefined,
): Promise<void> {
  const rows = await q.query(
    `update lockstep.shards set cursor = coalesce($3::jsonb, cursor), changed = changed + $4, skipped = skipped + $5,
            conflicts = conflicts + $6, lease_until = clock_timestamp() + make_interval(secs => $7)
     where id = $1 and epoch = $2 and state = 'running' returning 1`,
    [
      shard.id,
      shard.epoch,
      checkpoint?.cursor === undefined ? null : JSON.stringify(checkpoint.cursor),
      checkpoint?.changed ?? 0,
      checkpoint?.skipped ?? 0,
      checkpoint?.conflicts ?? 0,
      shardLeaseSeconds,
    ],
  )
  if (rows.length === 0) throw fenced(shard)
}

/** Ends the shard as done, failed (with the problem) or pending again. Throws LS-4003 as saveCheckpoint does. */
export async function endShard(
  q: Queryable,
  shard: ClaimedShard,
  state: 'done' | 'failed' | 'pending',
  problem?: string,
): Promise<void> {
  const rows = await q.query(
    `update lockstep.shards set state = $3, problem = $4, owner = null, lease_until = null,
            ended_at = case when $3 = 'pending' then null else clock_timestamp() end
     where id = $1 and epoch = $2 and state = 'running' returning 1`,
    [shard.id, shard.epoch, state, problem ?? null],
  )
  if (rows.length === 0) throw fenced(shard)
}

/** LS-4003 of this shard. */
export function fenced(shard: Pick<ClaimedShard, 'id'>): LockstepError {
  return new LockstepError('LS-4003', `shard ${shard.id} was taken over by another runner`, {
    hint: 'nothing to do: the other runner goes on from the last checkpoint',
  })
}
