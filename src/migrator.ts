import { randomBytes } from 'node:crypto'
import { userInfo } from 'node:os'
import { provided } from './authoring.ts'
import { chooseEnvironment, loadConfig } from './config.ts'
import type { ChosenEnvironment, LoadedConfig } from './config.ts'
import { embeddersOf, files, historyOf, lintOf, load, look, openRun, stepsOf } from './house.ts'
import type { House } from './house.ts'
import { inspectStores } from './inspect-stores.ts'
import type { Inspection } from './inspect-stores.ts'
import { systemClock } from './kernel/clock.ts'
import type { Clock } from './kernel/clock.ts'
import { LockstepError } from './kernel/errors.ts'
import { appendEvents } from './ledger/event-log.ts'
import type { Listener, RecordedEvent, RunEvent } from './ledger/events.ts'
import { requestPause } from './ledger/requests.ts'
import { insertRun, readRuns } from './ledger/runs.ts'
import type { Run } from './ledger/runs.ts'
import { noteTables, readOddTables } from './ledger/tables.ts'
import type { TableRow } from './ledger/tables.ts'
import { ensureLedger } from './ledger/schema.ts'
import { insertShards } from './ledger/shards.ts'
import type { SqlOptions } from './linting.ts'
import { openStores } from './open-stores.ts'
import { forgotten } from './operations/look.ts'
import type { FleetMemory } from './operations/look.ts'
import { buildPlan } from './plan/build-plan.ts'
import { requireLinted, standing } from './plan/lint-finding.ts'
import type { LintFinding } from './plan/lint-finding.ts'
import type { Plan, Target } from './plan/plan.ts'
import { countBehind, readJournal, readStatus, verify } from './readings.ts'
import type { Status } from './report/status.ts'
import { runForward } from './run/executor.ts'
import type { StopAfter } from './run/executor.ts'
import { createEngine } from './run/pg-boss-engine.ts'
import type { Crew } from './run/phase-loop.ts'
import type { RunContext } from './run/run-context.ts'
import { withRun } from './run/run-session.ts'
import type { SessionOptions } from './run/run-session.ts'
import { catchUp, complete, down, resume } from './run/run-ways.ts'
import { version } from './version.ts'

export interface MigratorOptions {
  /** Where to look for the configuration: the folder of the user's project. */
  readonly folder: string
  readonly configFile?: string | undefined
  readonly environment?: string | undefined
  readonly env?: NodeJS.ProcessEnv
  readonly listener?: Listener
  /** A fleet's tables that cannot be changed, and tenants without tables, stop everything instead of being left out. */
  readonly strict?: boolean
  /** Shards worked on at once in this process; 4 by default. */
  readonly concurrency?: number
  /** Dollars that a run may spend on embeddings: it stops before the call that would cross them. */
  readonly maxUsd?: number
  /** Aborted by Ctrl-C: pages end, checkpoints are saved, the run is paused. */
  readonly interrupt?: AbortSignal
  readonly clock?: Clock
}

export interface Journal {
  readonly run: Run
  readonly plan: Plan
  readonly events: readonly RecordedEvent[]
}

/** The library's front: one method for each verb. Every method may reject with a LockstepError. */
export interface Migrator {
  readonly target: Target
  readonly loaded: LoadedConfig
  readonly environment: ChosenEnvironment
  /** Asks both stores for an answer, and the tables for ledger, extensions and rights. Reads only. */
  inspect(): Promise<Inspection>
  status(): Promise<Status>
  /** Tables that a run left out or could not change, by step and name. */
  oddTables(run: string): Promise<readonly TableRow[]>
  /** What lint finds in a migration, from the project's files and, for SQL, the sizes of the tables it names. */
  lint(migration: string): Promise<readonly LintFinding[]>
  /** What lint finds in the database itself, and in files of SQL by what the database knows. Reads only. */
  lintDatabase(files: readonly string[], options?: SqlOptions): Promise<readonly LintFinding[]>
  /** Plans a migration that has no open run; findings of lint are warnings of its steps. Reads only. */
  plan(migration: string): Promise<Plan>
  /**
   * Starts the planned migration exactly as planned, and works until it soaks. Refused with LS-2501 where lint finds an
   * error, but of the rules in `allow`.
   */
  start(plan: Plan, stopAfter?: StopAfter, allow?: readonly string[]): Promise<void>
  /** Goes on with a migration's open run; LS-4001 while another runner holds it. */
  resume(migration: string, stopAfter?: StopAfter): Promise<void>
  /** Brings up what a soaking run is behind with: tenants born since, rows that wait for a vector. It goes on soaking. */
  catchUp(migration: string): Promise<void>
  /** How many tenant tables fell behind the soaking and completed migrations that `status` read last: one catalog statement. */
  behind(): Promise<number>
  /** Checks that the migration's promises hold now; events go to the listener only. Writes nothing. */
  verify(migration: string, level: 'counts' | 'full'): Promise<number>
  complete(migration: string): Promise<void>
  down(migration: string): Promise<void>
  /** Takes away what completed runs kept for the way back, where a kill came before that. */
  tidy(): Promise<void>
  /** Every run of the migration, oldest first. */
  journal(migration: string): Promise<readonly Journal[]>
  /** Asks the migration's run, in whatever process, to pause at its next page. */
  pause(migration: string): Promise<void>
  close(): Promise<void>
}

const defaultConcurrency = 4

/** The same names. Throws LS-1007 for one that is no rule's. */
async function rulesNamed(names: readonly string[]): Promise<readonly string[]> {
  return names.length === 0 ? names : (await import('./plan/lint.ts')).requireRules(names)
}

/** Clients whose listener fails read the phase every ten seconds at most. */
const defaultGraceSeconds = 15

/** Loads the configuration, opens both stores of the environment, and wires the rooms. */
export async function createMigrator(options: MigratorOptions): Promise<Migrator> {
  const env = options.env ?? process.env
  const loaded = await loadConfig({ folder: options.folder, file: options.configFile, provided })
  const environment = chooseEnvironment(loaded, options.environment, env)
  const stores = await openStores({
    environment,
    root: loaded.root,
    firestoreIndexes: loaded.config.firestoreIndexes,
    env,
  })
  const clock = options.clock ?? systemClock
  return wireMigrator({
    options,
    loaded,
    environment,
    stores,
    clock,
    env,
    listener: options.listener ?? (() => {}),
    createEngine,
  })
}

/** A migrator over stores that are open already. */
export function wireMigrator(house: House): Migrator {
  const { stores, loaded, environment } = house
  let runs: readonly Run[] | undefined
  const seen = new WeakMap<Plan, FleetMemory>()
  return {
    target: stores.target,
    loaded,
    environment,
    inspect: () => inspectStores(stores),
    async status() {
      runs = await readRuns(stores.tables)
      return readStatus(house, runs)
    },
    oddTables: (run) => readOddTables(stores.tables, run),
    lint: async (migration) => lintOf(house, await load(house, migration)),
    lintDatabase: async (files, sql) =>
      (await import('./linting.ts')).lintDatabase(stores.tables, files, sql ?? loaded),
    async plan(migration) {
      const memory: FleetMemory = {}
      const planned = await plan({ ...house, memory }, migration)
      seen.set(planned, memory)
      return planned
    },
    async start(planned, stopAfter, allow) {
      const found = await lintOf(house, await load(house, planned.migration.id, planned.migration.checksum))
      requireLinted(found, await rulesNamed(allow ?? []))
      await start({ ...house, memory: { ...seen.get(planned) } }, planned, stopAfter ?? 'cutover')
    },
    resume: (migration, stopAfter) =>
      workOn(house, migration, 'forward', (context, crew, run) => resume(context, crew, run, stopAfter ?? 'cutover')),
    catchUp: (migration) => workOn(house, migration, 'catch-up', catchUp),
    behind: async () => countBehind(house, runs ?? (await readRuns(stores.tables))),
    verify: (migration, level) => verify(house, migration, level),
    complete: (migration) => workOn(house, migration, 'contract', complete),
    async tidy() {
      runs ??= await readRuns(stores.tables)
      const untidy = new Set(runs.filter((run) => run.untidy).map(({ migration }) => migration))
      const known = untidy.size === 0 ? [] : files(house).filter(({ id }) => untidy.has(id))
      for (const { id } of known) await workOn(house, id, 'contract', complete)
    },
    down: (migration) => workOn(house, migration, 'revert', down),
    journal: (migration) => readJournal(house, migration),
    pause: async (migration) => requestPause(stores.tables, (await openRun(house, migration)).id, actor(house)),
    close: () => stores.close(),
  }
}

async function plan(house: House, id: string): Promise<Plan> {
  const migration = await load(house, id)
  const status = await readStatus(house, await readRuns(house.stores.tables))
  const drift = status.migrations.flatMap((row) => [
    ...(row.edited ? [`${row.id} was edited after it was applied`] : []),
    ...(row.fileMissing ? [`the file of ${row.id} is missing`] : []),
  ])
  const supabase = await historyOf(house).drift()
  const findings = standing(await lintOf(house, migration))
  const { target } = house.stores
  const mostWrites = house.environment.settings.limits?.writesPerSecond
  const now = house.clock.now()
  return buildPlan({ migration, target, look: look(house), drift: [...drift, ...supabase], findings, mostWrites, now })
}

async function start(house: House, planned: Plan, stopAfter: StopAfter): Promise<void> {
  const { tables } = house.stores
  const { id, checksum } = planned.migration
  const run = randomBytes(4).toString('hex')
  await ensureLedger(tables)
  await tables
    .transaction(async (q) => {
      const steps = planned.steps.map(({ kind, memo }) => ({ kind, memo }))
      await insertRun(q, {
        id: run,
        migration: id,
        checksum: JSON.stringify(checksum),
        plan: planned,
        actor: actor(house),
        steps,
      })
      for (const [step, { shards, leftOut = [] }] of planned.steps.entries()) {
        await insertShards(q, { run, step, round: 0, shards })
        const notes = leftOut.map(({ name, why }) => ({ name, problem: why }))
        await noteTables(q, { run, step }, 'left out', notes)
      }
      await appendEvents(q, run, [startedEvent(planned, actor(house))])
    })
    .catch(alreadyOpen(id))
  await workOn(house, id, 'forward', (context, crew, found) => runForward(context, crew, found, stopAfter))
}

function startedEvent(planned: Plan, by: string): RunEvent {
  const { environment, firestore, postgres } = planned.target
  const target = `${environment}: ${firestore.project}/${firestore.database} and ${postgres.host}/${postgres.database}`
  return { type: 'run-started', migration: planned.migration.id, plan: planned.id, target, actor: by, version }
}

/** 23505 on the index of open runs: somebody was quicker. */
function alreadyOpen(migration: string): (error: unknown) => never {
  return (error) => {
    if (!(error instanceof Error && 'code' in error && error.code === '23505')) throw error
    throw new LockstepError('LS-4001', `another run of ${migration} was started at the same time`, {
      where: { name: migration },
      hint: 'lockstep status shows it',
    })
  }
}

type RunWork = (context: RunContext, crew: Crew, run: Run) => Promise<void>

async function workOn(house: House, migration: string, way: SessionOptions['way'], work: RunWork): Promise<void> {
  const { stores, loaded, environment, clock, listener, options, memory = {} } = house
  const run = await openRun(house, migration)
  const steps = await stepsOf(house, run)
  await ensureLedger(stores.tables)
  const local = stores.target.firestore.emulator !== null
  const rooms = {
    documents: stores.documents,
    tables: stores.tables,
    indexes: stores.indexes,
    clock,
    look: (afresh = false) => look({ ...house, run: run.id, memory: afresh ? forgotten(memory) : memory }),
    createEngine: (queue: string, onWarning: (message: string) => void) =>
      house.createEngine({ tables: stores.tables, queue: `lockstep-${queue}`, onWarning }),
    embedder: embeddersOf(house, run.id),
    mostWrites: environment.settings.limits?.writesPerSecond ?? (local ? undefined : 10_000),
    graceSeconds:
      loaded.config.clients?.graceSeconds ?? (environment.settings.kind === 'local' ? 0 : defaultGraceSeconds),
    writeBoth: loaded.config.clients?.writeBoth ?? false,
    concurrency: options.concurrency ?? defaultConcurrency,
    actor: actor(house),
    listener,
    history: house.loaded.config.supabase?.history === true ? historyOf(house) : undefined,
  }
  const interrupt = options.interrupt ?? new AbortController().signal
  await withRun({ rooms, run: run.id, migration, steps, interrupt, way, takeAll: way === 'revert' }, (context, crew) =>
    work(context, crew, run),
  )
}

/** Who runs this, for the journal. */
function actor({ env }: House): string {
  return (env ?? process.env)['LOCKSTEP_ACTOR'] ?? userInfo().username
}
