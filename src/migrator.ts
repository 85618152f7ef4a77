import { randomBytes } from 'node:crypto'
import { userInfo } from 'node:os'
import { provided } from './authoring.ts'
import { chooseEnvironment, loadConfig } from './config.ts'
import type { ChosenEnvironment, LoadedConfig } from './config.ts'
import { systemClock } from './kernel/clock.ts'
import type { Clock } from './kernel/clock.ts'
import { inspectStores } from './inspect-stores.ts'
import type { Inspection } from './inspect-stores.ts'
import { LockstepError } from './kernel/errors.ts'
import { appendEvents, readEvents } from './ledger/event-log.ts'
import type { Listener, RecordedEvent, RunEvent } from './ledger/events.ts'
import { requestPause } from './ledger/requests.ts'
import { insertRun, readPlan, readRuns } from './ledger/runs.ts'
import type { Run } from './ledger/runs.ts'
import { ensureLedger } from './ledger/schema.ts'
import { insertShards, readShards } from './ledger/shards.ts'
import { checksumOf, listMigrations, loadMigration } from './migrations/load-migrations.ts'
import type { LoadedMigration, MigrationFile } from './migrations/load-migrations.ts'
import { openStores } from './open-stores.ts'
import type { Stores } from './open-stores.ts'
import { operations } from './operations/catalogue.ts'
import { createLook } from './operations/look.ts'
import type { Look } from './operations/operation.ts'
import { buildPlan } from './plan/build-plan.ts'
import { planForm } from './plan/plan.ts'
import type { Plan, Target } from './plan/plan.ts'
import { buildStatus, isEdited } from './report/status.ts'
import type { Status } from './report/status.ts'
import { runBackward, runContract, runForward } from './run/executor.ts'
import type { StopAfter } from './run/executor.ts'
import { createEngine } from './run/pg-boss-engine.ts'
import type { Crew } from './run/phase-loop.ts'
import type { RunContext, RunStep } from './run/run-context.ts'
import { withRun } from './run/run-session.ts'
import { verifySteps } from './run/verify-steps.ts'
import { version } from './version.ts'

export interface MigratorOptions {
  /** Where to look for the configuration: the folder of the user's project. */
  readonly folder: string
  readonly configFile?: string | undefined
  readonly environment?: string | undefined
  readonly env?: NodeJS.ProcessEnv
  readonly listener?: Listener
  /** Shards worked on at once in this process; 4 by default. */
  readonly concurrency?: number
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
  /** Plans a migration that has no open run. Reads only. */
  plan(migration: string): Promise<Plan>
  /** Starts the planned migration exactly as planned, and works until it soaks. */
  start(plan: Plan, stopAfter?: StopAfter): Promise<void>
  /** Goes on with a migration's open run; LS-4001 while another runner holds it. */
  resume(migration: string, stopAfter?: StopAfter): Promise<void>
  /** How many tenant tables fell behind the soaking and completed migrations: one catalog statement. */
  behind(): Promise<number>
  /** Checks that the migration's promises hold now; events go to the listener only. Writes nothing. */
  verify(migration: string, level: 'counts' | 'full'): Promise<number>
  complete(migration: string): Promise<void>
  down(migration: string): Promise<void>
  /** Every run of the migration, oldest first. */
  journal(migration: string): Promise<readonly Journal[]>
  /** Asks the migration's run, in whatever process, to pause at its next page. */
  pause(migration: string): Promise<void>
  close(): Promise<void>
}

const defaultConcurrency = 4

/** Loads the configuration, opens both stores of the environment, and wires the rooms. */
export async function createMigrator(options: MigratorOptions): Promise<Migrator> {
  const env = options.env ?? process.env
  const loaded = await loadConfig({ folder: options.folder, file: options.configFile, provided })
  const environment = chooseEnvironment(loaded, options.environment, env)
  const stores = await openStores({ environment, root: loaded.root, env })
  const clock = options.clock ?? systemClock
  return wireMigrator({ options, loaded, environment, stores, clock, listener: options.listener ?? (() => {}), createEngine })
}

/** Everything a migrator is made of: what tests replace one by one. */
export interface House {
  readonly options: Pick<MigratorOptions, 'interrupt' | 'concurrency'>
  readonly loaded: LoadedConfig
  readonly environment: ChosenEnvironment
  readonly stores: Stores
  readonly clock: Clock
  readonly listener: Listener
  readonly createEngine: typeof createEngine
}

/** A migrator over stores that are open already. */
export function wireMigrator(house: House): Migrator {
  const { stores, loaded, environment } = house
  return {
    target: stores.target,
    loaded,
    environment,
    inspect: () => inspectStores(stores),
    status: () => readStatus(house),
    plan: (migration) => plan(house, migration),
    start: (planned, stopAfter) => start(house, planned, stopAfter ?? 'cutover'),
    resume: (migration, stopAfter) => workOn(house, migration, 'forward', (context, crew, run) => resume(context, crew, run, stopAfter ?? 'cutover')),
    behind: () => countBehind(house),
    verify: (migration, level) => verify(house, migration, level),
    complete: (migration) => workOn(house, migration, 'contract', complete),
    down: (migration) => workOn(house, migration, 'revert', down),
    journal: (migration) => readJournal(house, migration),
    pause: async (migration) => requestPause(stores.tables, (await openRun(house, migration)).id, actor()),
    close: () => stores.close(),
  }
}

function look({ stores, loaded, clock }: House): Look {
  return createLook({ documents: stores.documents, tables: stores.tables, tenants: loaded.config.tenants, clock })
}

function files({ loaded }: House): readonly MigrationFile[] {
  return listMigrations(loaded.migrationsFolder)
}

async function load(house: House, migration: string): Promise<LoadedMigration> {
  const found = files(house).find((file) => file.id === migration)
  if (found !== undefined) return loadMigration(found, { provided, operations })
  throw new LockstepError('LS-2006', `there is no migration ${migration}`, {
    where: { name: house.loaded.migrationsFolder },
    hint: 'lockstep status lists them; lockstep new writes one',
  })
}

async function readStatus(house: House): Promise<Status> {
  const { tables, target } = house.stores
  const runs = await readRuns(tables)
  const progress = new Map<string, number>()
  for (const run of runs) {
    if (run.phase === 'verify' || !['running', 'paused', 'failed', 'completing'].includes(run.state)) continue
    const rows = await readShards(tables, run.id, run.phase)
    const whole = rows.reduce((sum, row) => sum + Math.max(row.estimate, 1), 0)
    const done = rows.reduce((sum, row) => sum + (row.state === 'done' ? Math.max(row.estimate, 1) : Math.min(row.changed + row.skipped, row.estimate)), 0)
    progress.set(run.id, whole === 0 ? 0 : Math.round((100 * done) / whole))
  }
  return buildStatus({ target, runs, progress, files: files(house).map((file) => ({ id: file.id, checksum: () => checksumOf(file) })) })
}

async function plan(house: House, id: string): Promise<Plan> {
  const migration = await load(house, id)
  const status = await readStatus(house)
  const drift = status.migrations.flatMap((row) => [
    ...(row.edited ? [`${row.id} was edited after it was applied`] : []),
    ...(row.fileMissing ? [`the file of ${row.id} is missing`] : []),
  ])
  return buildPlan({ migration, target: house.stores.target, look: look(house), drift, now: house.clock.now() })
}

async function start(house: House, planned: Plan, stopAfter: StopAfter): Promise<void> {
  const { tables } = house.stores
  const { id, checksum } = planned.migration
  const run = randomBytes(4).toString('hex')
  await ensureLedger(tables)
  await tables.transaction(async (q) => {
    const steps = planned.steps.map(({ kind, memo }) => ({ kind, memo }))
    await insertRun(q, { id: run, migration: id, checksum: JSON.stringify(checksum), plan: planned, actor: actor(), steps })
    for (const [step, { shards }] of planned.steps.entries()) await insertShards(q, { run, step, round: 0, shards })
    await appendEvents(q, run, [startedEvent(planned)])
  }).catch(alreadyOpen(id))
  await workOn(house, id, 'forward', (context, crew, found) => runForward(context, crew, found, stopAfter))
}

function startedEvent(planned: Plan): RunEvent {
  const { environment, firestore, postgres } = planned.target
  const target = `${environment}: ${firestore.project}/${firestore.database} and ${postgres.host}/${postgres.database}`
  return { type: 'run-started', migration: planned.migration.id, plan: planned.id, target, actor: actor(), version }
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

async function openRun({ stores }: House, migration: string): Promise<Run> {
  const run = (await readRuns(stores.tables)).findLast((each) => each.migration === migration)
  if (run !== undefined && run.state !== 'rolled back') return run
  throw new LockstepError('LS-4006', `${migration} has no run`, { where: { name: migration }, hint: 'lockstep up starts one' })
}

async function stepsOf(house: House, run: Run): Promise<readonly RunStep[]> {
  const migration = await load(house, run.migration).catch((error: unknown) => {
    if (!(error instanceof LockstepError && error.code === 'LS-2006')) throw error
    throw new LockstepError('LS-2004', `the file of ${run.migration} is missing, and its run needs it`, {
      where: { name: run.migration },
      hint: 'bring the file back as it was applied',
    })
  })
  if (isEdited(run.checksum, migration.checksum)) throw editedError(migration)
  return migration.steps.map(({ operation, spec }, index) => ({ operation, spec, memo: run.steps[index]?.memo ?? null }))
}

function editedError({ id, file }: LoadedMigration): LockstepError {
  return new LockstepError('LS-2003', `${id} was edited after it was applied`, {
    where: { file },
    why: 'its steps would no longer mean what the ledger recorded; nothing was changed',
    hint: 'bring the file back to what was applied (git log -p), and put the change into a new migration',
  })
}

type RunWork = (context: RunContext, crew: Crew, run: Run) => Promise<void>

async function workOn(house: House, migration: string, way: 'forward' | 'contract' | 'revert', work: RunWork): Promise<void> {
  const { stores, environment, clock, listener, options } = house
  const run = await openRun(house, migration)
  const steps = await stepsOf(house, run)
  await ensureLedger(stores.tables)
  const local = stores.target.firestore.emulator !== null
  const rooms = {
    documents: stores.documents,
    tables: stores.tables,
    clock,
    look: () => look(house),
    createEngine: (queue: string, onWarning: (message: string) => void) => house.createEngine({ tables: stores.tables, queue: `lockstep-${queue}`, onWarning }),
    mostWrites: environment.settings.limits?.writesPerSecond ?? (local ? undefined : 10_000),
    concurrency: options.concurrency ?? defaultConcurrency,
    actor: actor(),
    listener,
  }
  const interrupt = options.interrupt ?? new AbortController().signal
  await withRun({ rooms, run: run.id, migration, steps, interrupt, way, takeAll: way === 'revert' }, (context, crew) => work(context, crew, run))
}

async function resume(context: RunContext, crew: Crew, run: Run, stopAfter: StopAfter): Promise<void> {
  requireState(run, ['running', 'paused', 'failed'], 'up')
  context.emit({ type: 'run-resumed', actor: context.actor, from: run.phase })
  await runForward(context, crew, run, stopAfter)
}

function complete(context: RunContext, crew: Crew, run: Run): Promise<void> {
  requireState(run, ['soaking', 'completing', 'failed', 'paused'], 'complete')
  if (run.phase !== 'contract' && run.state !== 'soaking') throw wrongState(run, 'complete')
  return runContract(context, crew)
}

function down(context: RunContext, crew: Crew, run: Run): Promise<void> {
  requireState(run, ['running', 'paused', 'failed', 'soaking', 'completing', 'rolling back'], 'down')
  return runBackward(context, crew)
}

function requireState(run: Run, states: readonly Run['state'][], verb: string): void {
  if (!states.includes(run.state)) throw wrongState(run, verb)
}

function wrongState(run: Run, verb: string): LockstepError {
  const why = run.state === 'completed' ? 'what it kept for the way back is gone' : `lockstep ${verb} does not apply to it`
  return new LockstepError('LS-4006', `${run.migration} is ${run.state}`, { where: { name: run.migration }, why, hint: 'lockstep status shows what can be done next' })
}

async function countBehind(house: House): Promise<number> {
  const glance = look(house)
  let behind = 0
  for (const run of await readRuns(house.stores.tables)) {
    if (run.state !== 'soaking' && run.state !== 'completed') continue
    for (const { operation, spec, memo } of await stepsOf(house, run)) {
      if (operation.store !== 'tables') continue
      const left = await operation.remaining(spec, 'contract', glance, memo)
      behind += left.reduce((sum, shard) => sum + shard.estimate, 0)
    }
  }
  return behind
}

async function verify(house: House, migration: string, level: 'counts' | 'full'): Promise<number> {
  const run = await openRun(house, migration)
  const emit = (event: RunEvent): void => house.listener({ event })
  const signal = house.options.interrupt ?? new AbortController().signal
  return verifySteps({ steps: await stepsOf(house, run), look: look(house), since: run.since, level, signal, emit })
}

async function readJournal({ stores }: House, migration: string): Promise<readonly Journal[]> {
  const runs = (await readRuns(stores.tables)).filter((run) => run.migration === migration)
  return Promise.all(
    runs.map(async (run) => ({ run, plan: planForm.parse(await readPlan(stores.tables, run.id)), events: await readEvents(stores.tables, run.id) })),
  )
}

/** Who runs this, for the journal. */
function actor(): string {
  return process.env['LOCKSTEP_ACTOR'] ?? userInfo().username
}
