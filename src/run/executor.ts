import type { Phase, WorkPhase } from '../operations/operation.ts'
import { phases } from '../operations/operation.ts'
import { readShards } from '../ledger/shards.ts'
import { forgetPreImages, shardsWithPreImages } from '../archive/pre-image-store.ts'
import { readRuns } from '../ledger/runs.ts'
import { tablesLeftOut } from '../ledger/tables.ts'
import type { Run } from '../ledger/runs.ts'
import type { Look, ShardPlan } from '../operations/operation.ts'
import { phaseDocument, storeTime, writePhase } from './phase-document.ts'
import { giveGrace } from './grace.ts'
import { retry } from '../kernel/backoff.ts'
import { isPassing } from './passing-errors.ts'
import { openRound, sweepAgain, workPhase } from './phase-loop.ts'
import type { Crew, Remaining } from './phase-loop.ts'
import type { RunContext, RunStep } from './run-context.ts'
import { reloadSchemaCache } from './schema-cache.ts'
import { settleLeftPages } from './left-pages.ts'
import { isContractTold, note, noteSwept, tell } from './telling.ts'
import { notVerified, verifySteps } from './verify-steps.ts'
import type { Verified } from './verify-steps.ts'

/** Sweeps and verifies so often before it believes that something is really wrong. */
const verifyRounds = 3

/** The same at the end, when nobody comes after: tenants are born, and a look has to find none in the old shape. */
const lastRounds = 10

const verified = 'verified; stopped before the cutover as asked'

export type StopAfter = 'verify' | 'cutover'

/** From wherever the ledger says the run is, through expand, backfill, verify and cutover, to soaking. */
export async function runForward(context: RunContext, crew: Crew, run: Run, stopAfter: StopAfter): Promise<void> {
  if (stopAfter === 'verify' && run.phase === 'cutover') {
    await context.flush({ state: 'paused', reason: verified })
    return
  }
  await context.flush({ state: 'running' })
  const ahead = phases.slice(phases.indexOf(run.phase)).filter((phase) => phase !== 'contract')
  for (const phase of ahead) {
    await inPhase(context, phase, () =>
      phase === 'verify' ? verifyPhase(context, crew) : forwardPhase(context, crew, phase),
    )
    if (phase === 'verify' && stopAfter === 'verify') {
      await context.flush({ state: 'paused', phase: 'cutover', reason: verified })
      return
    }
  }
  await switchOver(context)
}

/** What a soaking run is behind with: tenants born since, rows that wait for a vector. It goes on soaking, whatever comes of it. */
export function bringUp(context: RunContext, crew: Crew): Promise<void> {
  return inPhase(context, 'cutover', () => sweepAgain(context, crew, 'cutover', remainingOf(context, 'cutover', true)))
}

/** The contract phase: last sweeps, a last verification, then what only had to stay for the way back goes. */
export async function runContract(context: RunContext, crew: Crew): Promise<void> {
  await context.flush({ state: 'completing', phase: 'contract' })
  await context.tables.durable()
  if (!(await isContractTold(context))) {
    await note(context, 'completing')
    await lastLook(context, crew)
    await noteSwept(context)
    await tell(context, 'contract')
  }
  await inPhase(context, 'contract', async () => {
    await giveGrace(context)
    await openFirstSweep(context, 'contract')
    await workPhase(context, crew, 'contract', remainingOf(context, 'contract'))
    const sweep = (): Promise<void> => sweepAgain(context, crew, 'contract', remainingOf(context, 'contract'))
    await verifyUntilSound(context, { rounds: lastRounds, bearsBirths: false, sweep })
  })
  await writePhase(context.documents, context.clock, context.migration, 'completed')
  context.emit({ type: 'completed' })
  await context.flush({ state: 'completed', ended: true })
  // Only now: as long as the run is not completed, `down` may need them.
  await forgetWayBack(context)
}

const forgetting = { first: 100, longest: 2_000, repeats: 10 }

/** Takes away what was kept for the way back; the pre-images last, since a run that has some is not tidy. Safe to repeat. */
export async function forgetWayBack({ steps, tables, run, clock, pausing: signal }: RunContext): Promise<void> {
  for (const { operation, spec } of steps)
    if (operation.store === 'tables')
      await retry({ ...forgetting, clock, signal, worthwhile: isPassing }, async () => operation.forget?.(spec, tables))
  await forgetPreImages(tables, run)
}

/** The way back, last step first: each step's own, or its pre-images. Ends with both databases as before. */
export async function runBackward(context: RunContext, crew: Crew): Promise<void> {
  await isContractTold(context, { state: 'rolling back' })
  await tell(context, 'rolling back')
  context.emit({ type: 'rollback-started', actor: context.actor })
  await inPhase(context, 'revert', async () => {
    const rows = await readShards(context.tables, context.run, 'revert')
    if (rows.length === 0) {
      await settleLeftPages(context, context.run, documentSteps(context))
      await openRound(context, 0, await storeTime(context.documents, context.clock), await revertingShards(context))
    }
    await workPhase(context, crew, 'revert', () => leftToRevert(context))
  })
  await writePhase(context.documents, context.clock, context.migration, undefined)
  await context.history?.reverted(context.migration)
  context.emit({ type: 'rolled-back' })
  await context.flush({ state: 'rolled back', ended: true })
}

async function inPhase(context: RunContext, phase: Phase | 'revert', work: () => Promise<void>): Promise<void> {
  if (phase !== 'revert') await context.flush({ phase })
  const started = performance.now()
  context.emit({ type: 'phase-started', phase })
  await work()
  if (phase !== 'verify' && (await changedTables(context, phase))) await reloadSchemaCache(context.tables)
  context.emit({ type: 'phase-finished', phase, seconds: (performance.now() - started) / 1000 })
  await context.flush()
}

async function changedTables({ tables, run, steps }: RunContext, phase: WorkPhase): Promise<boolean> {
  const rows = await readShards(tables, run, phase)
  return rows.some(({ step, changed }) => changed > 0 && steps[step]?.operation.store === 'tables')
}

async function forwardPhase(context: RunContext, crew: Crew, phase: WorkPhase): Promise<void> {
  if (phase === 'cutover') await context.tables.durable()
  if (phase === 'backfill') {
    await noteSince(context)
    await tell(context, 'backfill')
  }
  await workPhase(context, crew, phase, remainingOf(context, phase))
  if (phase === 'backfill') await noteSwept(context)
}

/** The moment before clients are told of the backfill, unless a later one is known: what is older is in the old shape. */
async function noteSince(context: RunContext): Promise<void> {
  const rows = await readShards(context.tables, context.run, 'backfill')
  if (rows.some((row) => row.state !== 'pending')) return
  await openRound(context, 0, await storeTime(context.documents, context.clock), [])
}

function remainingOf(context: RunContext, phase: WorkPhase, afresh = false): Remaining {
  return async () => {
    const look = context.look(afresh)
    const found: (readonly ShardPlan[])[] = []
    for (const [step, { operation, spec, memo }] of context.steps.entries()) {
      const asked = { ...look, leftOut: () => tablesLeftOut(context.tables, { run: context.run, step }) }
      found.push(operation.meta.phases.includes(phase) ? await operation.remaining(spec, phase, asked, memo) : [])
    }
    return found
  }
}

/**
 * While clients of the new shape still write both: from then on they write theirs alone, and it could not be told from
 * what an old client wrote before them.
 */
async function lastLook(context: RunContext, crew: Crew): Promise<void> {
  const documents = new Set(documentSteps(context))
  const remaining: Remaining = async (phase) =>
    (await remainingOf(context, phase)(phase)).map((shards, step) => (documents.has(step) ? shards : []))
  const rows = await readShards(context.tables, context.run, 'backfill')
  if (rows.every((row) => row.state === 'done')) {
    const round = rows.reduce((last, row) => Math.max(last, row.round), 0) + 1
    const since = await storeTime(context.documents, context.clock)
    await openRound(context, round, since, await remaining('backfill'))
  }
  await workPhase(context, crew, 'backfill', remaining)
}

async function openFirstSweep(context: RunContext, phase: WorkPhase): Promise<void> {
  const rows = await readShards(context.tables, context.run, phase)
  if (rows.length > 0) return
  const since = await storeTime(context.documents, context.clock)
  await openRound(context, 0, since, await remainingOf(context, phase)(phase))
}

function verifyPhase(context: RunContext, crew: Crew): Promise<void> {
  const sweep = async (): Promise<void> => {
    await sweepAgain(context, crew, 'expand', remainingOf(context, 'expand', true))
    await sweepAgain(context, crew, 'backfill', remainingOf(context, 'backfill', true))
  }
  return verifyUntilSound(context, { rounds: verifyRounds, bearsBirths: true, sweep })
}

interface Verifying {
  /** Looks before it believes that something is really wrong. */
  readonly rounds: number
  /** Whether later phases will find the tenants that are born meanwhile. */
  readonly bearsBirths: boolean
  sweep(): Promise<void>
}

/**
 * Verifies, sweeps, and verifies again. What a look finds in tables and the next one does not is mended; where all of
 * what was found is new each time, tenants are born faster than one can look, and nothing is wrong with those before.
 */
async function verifyUntilSound(context: RunContext, { rounds, bearsBirths, sweep }: Verifying): Promise<void> {
  let before: Verified | undefined
  for (let round = 1; ; round++) {
    const found = await findProblems(context)
    if (found.problems === 0) return
    const isNew = before !== undefined && ![...found.ofTables].some((each) => before?.ofTables.has(each))
    if (bearsBirths && isNew && found.problems === found.ofTables.size) return
    if (round >= rounds) throw notVerified(found.problems, context.migration)
    before = found
    await sweep()
  }
}

async function findProblems(context: RunContext): Promise<Verified> {
  const run = (await readRuns(context.tables)).find((each) => each.id === context.run)
  return verifySteps({
    run: context.run,
    tables: context.tables,
    steps: context.steps,
    look: context.look(),
    since: run?.since,
    told: { ...run?.told, writeBoth: context.writeBoth },
    phase: run?.phase ?? 'verify',
    level: 'full',
    signal: context.pausing,
    emit: (event) => context.emit(event),
  })
}

/** State and event in one transaction; the phase document follows, retried until it agrees. */
async function switchOver(context: RunContext): Promise<void> {
  await context.history?.applied(context.migration)
  context.emit({ type: 'switched', phaseDocument })
  context.emit({ type: 'soaking' })
  // In one transaction: who takes the run for soaking may write the new place alone.
  const cutover = await storeTime(context.documents, context.clock)
  await context.flush({ state: 'soaking', phase: 'cutover', told: { cutover } })
  await tell(context, 'cutover')
}

/** Steps go back one after the other, the last first: stages keep them apart. */
async function revertingShards(context: RunContext): Promise<readonly (readonly ShardPlan[])[]> {
  const look = context.look()
  const found: (readonly ShardPlan[])[] = []
  for (const [index, step] of context.steps.entries()) {
    const shards = (await ownWayBack(step, look)) ?? (await imageShards(context, index))
    found.push(inTurn(context, index, shards))
  }
  return found
}

function inTurn({ steps }: RunContext, index: number, shards: readonly ShardPlan[]): readonly ShardPlan[] {
  const before = (steps.length - 1 - index) * 1000
  return shards.map((shard) => ({ ...shard, stage: shard.stage + before }))
}

/** Later rounds go back before earlier ones. */
async function imageShards(context: RunContext, step: number): Promise<readonly ShardPlan[]> {
  const rows = await shardsWithPreImages(context.tables, context.run, step)
  const rounds = [...new Set(rows.map((row) => row.round))].sort((a, b) => b - a)
  return rows.map((row) => ({
    phase: 'revert',
    stage: rounds.indexOf(row.round),
    scope: { shard: row.shard },
    estimate: row.count,
  }))
}

async function leftToRevert(context: RunContext): Promise<readonly (readonly ShardPlan[])[]> {
  const look = context.look()
  const found: (readonly ShardPlan[])[] = []
  for (const [index, step] of context.steps.entries())
    found.push(inTurn(context, index, (await ownWayBack(step, look)) ?? []))
  return found
}

/** Undefined where the pre-images alone are the way back. */
async function ownWayBack({ operation, spec, memo }: RunStep, look: Look): Promise<readonly ShardPlan[] | undefined> {
  switch (operation.store) {
    case 'tables':
      return operation.reverting(spec, look, memo)
    case 'documents':
      return operation.back?.reverting(spec, look, memo)
    case 'indexes':
      return undefined
  }
}

function documentSteps({ steps }: RunContext): readonly number[] {
  return steps.flatMap(({ operation }, index) => (operation.store === 'documents' ? [index] : []))
}
