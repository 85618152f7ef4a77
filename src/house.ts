import { provided } from './authoring.ts'
import type { ChosenEnvironment, LoadedConfig } from './config.ts'
import type { Clock } from './kernel/clock.ts'
import type { Embedder } from './embeddings/embedder.ts'
import { loadEmbedder } from './embeddings/load-embedder.ts'
import { LockstepError } from './kernel/errors.ts'
import type { Listener } from './ledger/events.ts'
import { openRunEmbedder } from './ledger/run-embedder.ts'
import { readRuns } from './ledger/runs.ts'
import type { Run } from './ledger/runs.ts'
import { findMigration, listMigrations, loadMigration } from './migrations/load-migrations.ts'
import type { Checksum } from './migrations/load-module.ts'
import type { LoadedMigration, MigrationFile } from './migrations/load-migrations.ts'
import type { Stores } from './open-stores.ts'
import { operations } from './operations/catalogue.ts'
import { createLook } from './operations/look.ts'
import type { FleetMemory } from './operations/look.ts'
import type { FullLook } from './operations/index-operation.ts'
import type { LintFinding } from './plan/lint-finding.ts'
import { appliedChecksum, isEdited } from './report/status.ts'
import type { createEngine } from './run/pg-boss-engine.ts'
import type { RunStep } from './run/run-context.ts'
import { createSupabaseHistory } from './stores/supabase-history.ts'
import type { SupabaseHistory } from './stores/supabase-history.ts'

/** Everything a migrator is made of: what tests replace one by one. */
export interface House {
  readonly options: {
    /** Aborted by Ctrl-C: pages end, checkpoints are saved, the run is paused. */
    readonly interrupt?: AbortSignal
    /** Shards worked on at once in this process; 4 by default. */
    readonly concurrency?: number
    readonly strict?: boolean
    /** Dollars that a run may spend on embeddings. */
    readonly maxUsd?: number
  }
  /** Where keys of embedders are; the process's own without it. */
  readonly env?: NodeJS.ProcessEnv
  readonly loaded: LoadedConfig
  readonly environment: ChosenEnvironment
  readonly stores: Stores
  readonly clock: Clock
  readonly listener: Listener
  readonly createEngine: typeof createEngine
  /** What looks before have seen of tables, shared by a plan and the session that starts it. */
  readonly memory?: FleetMemory
  /** The run that is at work, whose spending is counted. */
  readonly run?: string
}

/** A fresh look at both stores; those with the same memory share what tables they have seen. */
export function look(house: House): FullLook {
  const { stores, loaded, clock, options, memory } = house
  const { documents, tables, indexes } = stores
  const configured = loaded.config.tenants
  const tenants =
    configured !== undefined && options.strict === true ? { ...configured, mismatches: 'error' as const } : configured
  return createLook({
    documents,
    tables,
    indexes,
    tenants,
    clock,
    embedder: async (name) => embedderOf(house, name),
    ...(memory && { memory }),
  })
}

/** The configured embedder of this name, for a look: never cached; in a run paced, counted and limited. Throws LS-1008. */
async function embedderOf(house: House, name: string): Promise<Embedder> {
  const { loaded, stores, env = process.env, options, clock, run } = house
  const { embedders } = loaded.config
  if (run === undefined) return loadEmbedder(embedders, name, { env, clock })
  const { tables } = stores
  return openRunEmbedder({ tables, embedders, env, run, maxUsd: options.maxUsd, clock, anew: true }, name)
}

/** The embedders of a run: each is made once, so that all its workers share calls, cache and limits. Throws LS-1008. */
export function embeddersOf(
  { loaded, stores, env, options, clock }: House,
  run: string,
): (name: string) => Promise<Embedder> {
  const made = new Map<string, Embedder>()
  return async (name) => {
    const { tables } = stores
    const { embedders } = loaded.config
    const found =
      made.get(name) ??
      openRunEmbedder({ tables, embedders, env: env ?? process.env, run, maxUsd: options.maxUsd, clock }, name)
    made.set(name, found)
    return found
  }
}

/** What the Supabase CLI knows of the project's migrations. */
export function historyOf({ stores, loaded }: House): SupabaseHistory {
  return createSupabaseHistory(stores.tables, loaded.root)
}

export function files({ loaded }: House): readonly MigrationFile[] {
  return listMigrations(loaded.migrationsFolder)
}

/** Throws LS-2006 for one that is not on disk. `applied` saves parsing a file that is as it was then. */
export async function load(house: House, migration: string, applied?: Checksum): Promise<LoadedMigration> {
  return loadMigration(findMigration(house.loaded.migrationsFolder, migration), {
    root: house.loaded.root,
    provided,
    operations,
    applied,
  })
}

/** What lint finds in a migration. There are a hundred rules: they are loaded where a step says something to them. */
export async function lintOf({ loaded, stores }: House, migration: LoadedMigration): Promise<readonly LintFinding[]> {
  if (!isLintable(migration)) return []
  const { lintLoaded } = await import('./linting.ts')
  return lintLoaded(loaded, migration, stores)
}

function isLintable({ steps, allow }: LoadedMigration): boolean {
  const says = steps.flatMap(({ operation, spec }) => [
    ...(operation.shape?.(spec) ?? []),
    ...(operation.sql?.(spec) ?? []),
  ])
  return says.length > 0 || Object.keys(allow).length > 0
}

/** The migration's latest run, unless it was rolled back. Throws LS-4006 when there is none. */
export async function openRun({ stores }: House, migration: string): Promise<Run> {
  const run = (await readRuns(stores.tables)).findLast((each) => each.migration === migration)
  if (run !== undefined && run.state !== 'rolled back') return run
  throw new LockstepError('LS-4006', `${migration} has no run`, {
    where: { name: migration },
    hint: 'lockstep up starts one',
  })
}

/** The steps as loaded from the file, with what the ledger keeps of each. Throws LS-2003 and LS-2004. */
export async function stepsOf(house: House, run: Run): Promise<readonly RunStep[]> {
  const applied = appliedChecksum(run)
  const migration = await load(house, run.migration, applied).catch((error: unknown) => {
    if (!(error instanceof LockstepError && error.code === 'LS-2006')) throw error
    throw new LockstepError('LS-2004', `the file of ${run.migration} is missing, and its run needs it`, {
      where: { name: run.migration },
      hint: 'bring the file back as it was applied',
    })
  })
  if (isEdited(applied, migration.checksum)) throw editedError(migration)
  return migration.steps.map(({ operation, spec }, index) => ({
    operation,
    spec,
    memo: run.steps[index]?.memo ?? null,
  }))
}

function editedError({ id, file }: LoadedMigration): LockstepError {
  return new LockstepError('LS-2003', `${id} was edited after it was applied`, {
    where: { file },
    why: 'its steps would no longer mean what the ledger recorded; nothing was changed',
    hint: 'bring the file back to what was applied (git log -p), and put the change into a new migration',
  })
}
