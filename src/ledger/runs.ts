import type { Json } from '../kernel/canonical-json.ts'
import type { Phase } from '../operations/operation.ts'
import type { Told } from '../operations/told.ts'
import { sqlState } from '../stores/tables.ts'
import type { Queryable, TableReader, TableWriter } from '../stores/tables.ts'
import { refuseNewer } from './schema.ts'

export const runStates = [
  'running',
  'paused',
  'failed',
  'soaking',
  'completing',
  'completed',
  'rolling back',
  'rolled back',
] as const
export type RunState = (typeof runStates)[number]

/** One attempt at a migration, from `up` to completed or rolled back. */
export interface Run {
  readonly id: string
  readonly migration: string
  readonly checksum: string
  readonly state: RunState
  readonly phase: Phase
  readonly reason: string | undefined
  readonly actor: string
  /** The document store's time at which the last sweep began; what changed later is the app's business. */
  readonly since: string | undefined
  readonly told: Told
  readonly owner: string | undefined
  readonly createdAt: string
  readonly endedAt: string | undefined
  /** Completed, and what was kept for the way back is still there. */
  readonly untidy?: boolean
  readonly steps: readonly { readonly step: number; readonly kind: string; readonly memo: Json }[]
}

interface RunRow {
  readonly id: string
  readonly migration: string
  readonly checksum: string
  readonly state: RunState
  readonly phase: Phase
  readonly reason: string | null
  readonly actor: string
  readonly since: string | null
  readonly told: Told | null
  readonly owner: string | null
  readonly created: string
  readonly ended: string | null
  readonly untidy?: boolean
  readonly steps: Run['steps'] | null
}

const iso = `'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'`

/** Every run with its steps, oldest first, in one statement. None where there is no ledger yet. Throws LS-4005. */
export async function readRuns(tables: TableReader): Promise<readonly Run[]> {
  const rows = await tables.read((q) => q.query<RunRow & { readonly version: number }>(runsStatement)).catch(noLedger)
  refuseNewer(rows[0]?.version ?? 0)
  return rows.map(({ created, ended, version: _, ...row }) => ({
    ...row,
    reason: row.reason ?? undefined,
    since: row.since ?? undefined,
    told: row.told ?? {},
    owner: row.owner ?? undefined,
    createdAt: created,
    endedAt: ended ?? undefined,
    steps: row.steps ?? [],
  }))
}

/** 42P01 and 3F000: table or schema do not exist. */
function noLedger(error: unknown): never[] {
  const state = sqlState(error)
  if (state === '42P01' || state === '3F000') return []
  throw error
}

const runsStatement = `
select r.id, r.migration, r.checksum, r.state, r.phase, r.reason, r.actor, r.since, to_jsonb(r)->'told' as told, r.owner,
       to_char(r.created_at at time zone 'UTC', ${iso}) as created, to_char(r.ended_at at time zone 'UTC', ${iso}) as ended,
       (select json_agg(json_build_object('step', s.step, 'kind', s.kind, 'memo', s.memo) order by s.step)
        from lockstep.steps s where s.run = r.id) as steps,
       (select max(version) from lockstep.meta) as version,
       r.state = 'completed' and exists (select from lockstep.pre_images p where p.run = r.id) as untidy
from lockstep.runs r order by r.created_at, r.id`

export interface NewRun {
  readonly id: string
  readonly migration: string
  readonly checksum: string
  readonly plan: unknown
  readonly actor: string
  readonly steps: readonly { readonly kind: string; readonly memo: Json }[]
}

/** Part of the caller's transaction. A second open run of the same migration is refused by a unique index (23505). */
export async function insertRun(q: Queryable, run: NewRun): Promise<void> {
  await q.query(
    `insert into lockstep.runs (id, migration, checksum, state, phase, plan, actor) values ($1, $2, $3, 'paused', 'expand', $4::jsonb, $5)`,
    [run.id, run.migration, run.checksum, JSON.stringify(run.plan), run.actor],
  )
  await q.query(
    `insert into lockstep.steps (run, step, kind, memo)
     select $1, s.step, s.kind, s.memo from jsonb_to_recordset($2::jsonb) as s(step int, kind text, memo jsonb)`,
    [run.id, JSON.stringify(run.steps.map((step, index) => ({ step: index, ...step })))],
  )
}

/** The document store's time at which the run's last sweep began. */
export async function readSince(tables: TableReader, run: string): Promise<string | undefined> {
  const [row] = await tables.read((q) =>
    q.query<{ since: string | null }>('select since from lockstep.runs where id = $1', [run]),
  )
  return row?.since ?? undefined
}

/** When clients were told of the run's phases. */
export async function readTold(tables: TableReader, run: string): Promise<Told> {
  const [row] = await tables.read((q) => q.query<{ told: Told }>('select told from lockstep.runs where id = $1', [run]))
  return row?.told ?? {}
}

/** The plan that the run was started with. */
export async function readPlan(tables: TableReader, run: string): Promise<unknown> {
  const [row] = await tables.read((q) =>
    q.query<{ plan: unknown }>('select plan from lockstep.runs where id = $1', [run]),
  )
  return row?.plan
}

/** Seconds after which a runner that did not beat has lost the run. */
const leaseSeconds = 15

/**
 * Takes the run for this owner, if nobody living holds it; `dead` names owners known to be gone. Returns who holds
 * it otherwise, and for how long.
 */
export async function holdRun(
  tables: TableWriter,
  run: string,
  owner: string,
  isDead: (owner: string) => boolean,
): Promise<{ readonly held: true } | { readonly held: false; readonly by: string; readonly seconds: number }> {
  return tables.transaction(async (q) => {
    const [row] = await q.query<{ owner: string | null; seconds: number }>(
      `select owner, extract(epoch from lease_until - clock_timestamp())::float8 as seconds from lockstep.runs where id = $1 for update`,
      [run],
    )
    const holder = row?.owner ?? undefined
    if (holder !== undefined && holder !== owner && (row?.seconds ?? 0) > 0 && !isDead(holder)) {
      return { held: false, by: holder, seconds: row?.seconds ?? 0 }
    }
    await q.query(
      `update lockstep.runs set owner = $2, lease_until = clock_timestamp() + make_interval(secs => $3) where id = $1`,
      [run, owner, leaseSeconds],
    )
    return { held: true }
  })
}

/** Extends the lease. False when someone else holds the run by now. */
export async function beat(tables: TableWriter, run: string, owner: string): Promise<boolean> {
  const rows = await tables.transaction((q) =>
    q.query(
      `update lockstep.runs set lease_until = clock_timestamp() + make_interval(secs => $3) where id = $1 and owner = $2 returning 1`,
      [run, owner, leaseSeconds],
    ),
  )
  return rows.length > 0
}

export async function releaseRun(tables: TableWriter, run: string, owner: string): Promise<void> {
  await tables.transaction((q) =>
    q.query(`update lockstep.runs set owner = null, lease_until = null where id = $1 and owner = $2`, [run, owner]),
  )
}

export interface RunChange {
  readonly state?: RunState
  readonly phase?: Phase
  readonly reason?: string | undefined
  readonly since?: string
  /** Moments that are added, or with null taken back. */
  readonly told?: Readonly<Partial<Record<keyof Told, string | null>>>
  readonly ended?: boolean
}

/** Compare-and-set: part of the caller's transaction, false when this owner no longer holds the run. */
export async function changeRun(q: Queryable, run: string, owner: string, change: RunChange): Promise<boolean> {
  const rows = await q.query(
    `update lockstep.runs set state = coalesce($3, state), phase = coalesce($4, phase), reason = $5, since = coalesce($6, since),
            ended_at = case when $7 then clock_timestamp() else ended_at end, told = jsonb_strip_nulls(told || $8::jsonb)
     where id = $1 and owner = $2 returning 1`,
    [
      run,
      owner,
      change.state ?? null,
      change.phase ?? null,
      change.reason ?? null,
      change.since ?? null,
      change.ended ?? false,
      JSON.stringify(change.told ?? {}),
    ],
  )
  return rows.length > 0
}
