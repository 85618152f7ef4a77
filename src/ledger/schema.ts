import { LockstepError } from '../kernel/errors.ts'
import type { TableWriter } from '../stores/tables.ts'

/**
 * What has to be run, in order, to bring an empty database to the newest ledger. Only ever appended to: a ledger
 * written by an older Lockstep is upgraded, one written by a newer is refused.
 */
const versions: readonly string[] = [
  `
create schema if not exists lockstep;
create table if not exists lockstep.meta (version int primary key, at timestamptz not null default clock_timestamp());
create table lockstep.runs (
  id text primary key, migration text not null, checksum text not null, state text not null, phase text not null,
  reason text, plan jsonb not null, actor text not null, since text, owner text, lease_until timestamptz,
  created_at timestamptz not null default clock_timestamp(), ended_at timestamptz
);
create unique index runs_open on lockstep.runs (migration) where state not in ('rolled back', 'completed');
create table lockstep.steps (
  run text not null references lockstep.runs (id), step int not null, kind text not null, memo jsonb,
  primary key (run, step)
);
create table lockstep.shards (
  id text primary key, run text not null references lockstep.runs (id), step int not null, phase text not null,
  round int not null, stage int not null, scope jsonb not null, estimate float8 not null, state text not null default 'pending',
  epoch int not null default 0, owner text, lease_until timestamptz, cursor jsonb, attempt int not null default 0,
  changed float8 not null default 0, skipped float8 not null default 0, conflicts float8 not null default 0,
  problem text, started_at timestamptz, ended_at timestamptz
);
create index shards_of_run on lockstep.shards (run, phase, round);
create table lockstep.pre_images (
  seq bigint generated always as identity primary key, run text not null, step int not null, shard text not null,
  count int not null, settled boolean not null default false, unapplied jsonb, payload bytea not null
);
create index pre_images_of_step on lockstep.pre_images (run, step, seq);
create index pre_images_unsettled on lockstep.pre_images (shard, seq) where not settled;
create table lockstep.kept_values (
  seq bigint generated always as identity primary key, run text not null, step int not null, table_name text not null,
  column_name text not null, row_key jsonb not null, value jsonb not null, at timestamptz not null default clock_timestamp()
);
create table lockstep.events (
  seq bigint generated always as identity primary key, run text not null, at timestamptz not null default clock_timestamp(),
  type text not null, data jsonb not null
);
create index events_of_run on lockstep.events (run, seq);
create table lockstep.requests (
  seq bigint generated always as identity primary key, run text not null, verb text not null, actor text not null,
  requested_at timestamptz not null default clock_timestamp(), acknowledged_at timestamptz
);
create table lockstep.budgets (
  name text primary key, available float8 not null, refilled_at timestamptz not null, started_at timestamptz not null,
  blocked_until timestamptz
);
`,
  // Pages of pre-images are found by the names in them: what a step did to a document is asked for in later rounds.
  `
create type lockstep.name_range as range (subtype = text, collation = "C");
alter table lockstep.pre_images add column span lockstep.name_range;
create index pre_images_span on lockstep.pre_images using gist (span) where span is not null;
`,
  // What became of each table of a fleet: few of thousands need a look.
  `
create table lockstep.tables (
  run text not null references lockstep.runs (id), step int not null, name text not null, state text not null,
  problem text, at timestamptz not null default clock_timestamp(), primary key (run, step, name)
);
`,
  // When clients were told of the phases tells who can have written what.
  `
alter table lockstep.runs add column told jsonb not null default '{}';
`,
  // Embeddings: vectors that were paid for, texts that were refused, what runs spent, and what accounts allow.
  `
create table lockstep.embedding_models (id int generated always as identity primary key, key text not null unique);
create table lockstep.embeddings (
  model int not null references lockstep.embedding_models (id), hash bytea not null, vector bytea not null,
  primary key (model, hash)
);
alter table lockstep.embeddings alter column vector set storage external;
create table lockstep.embedding_dead_letters (
  model int not null references lockstep.embedding_models (id), hash bytea not null, reason text not null,
  tries int not null, at timestamptz not null default clock_timestamp(), primary key (model, hash)
);
create table lockstep.embedding_spend (
  run text primary key, tokens float8 not null, usd float8 not null, calls float8 not null
);
alter table lockstep.budgets add column learned float8;
`,
]

export const ledgerVersion = versions.length

/** Serialises starters; transaction-level, so that a pooler cannot keep it. */
const lockKey = 4_715_296

/** True where there is a ledger of this version. Throws LS-4005 for a newer one. Changes nothing. */
async function hasLedger(tables: Pick<TableWriter, 'read'>): Promise<boolean> {
  const found = await tables.read(async (q) => {
    const [exists] = await q.query<{ found: boolean }>("select to_regclass('lockstep.meta') is not null as found")
    if (exists?.found !== true) return 0
    const [row] = await q.query<{ version: number | null }>('select max(version) as version from lockstep.meta')
    return row?.version ?? 0
  })
  refuseNewer(found)
  return found === ledgerVersion
}

/** Throws LS-4005 for a ledger that a newer Lockstep wrote. */
export function refuseNewer(version: number): void {
  if (version <= ledgerVersion) return
  throw new LockstepError('LS-4005', `the ledger has version ${version}, this Lockstep knows ${ledgerVersion}`, {
    where: { name: 'schema lockstep' },
    hint: 'upgrade the lockstep package; nothing has been changed',
  })
}

/** Creates or upgrades the ledger; two starters at once wait for each other. */
export async function ensureLedger(tables: TableWriter): Promise<void> {
  if (await hasLedger(tables)) return
  await tables.transaction(
    async (q) => {
      await q.query('select pg_advisory_xact_lock($1)', [lockKey])
      const [exists] = await q.query<{ found: boolean }>("select to_regclass('lockstep.meta') is not null as found")
      const [row] =
        exists?.found === true
          ? await q.query<{ version: number }>('select max(version) as version from lockstep.meta')
          : []
      for (let version = (row?.version ?? 0) + 1; version <= ledgerVersion; version++) {
        await q.script(versions[version - 1] ?? '')
        await q.query('insert into lockstep.meta (version) values ($1)', [version])
      }
    },
    { lockTimeout: 60_000 },
  )
}
