import { tablesLeftOut } from './ledger/tables.ts'
import type { Journal } from './migrator.ts'
import { files, look, openRun, stepsOf } from './house.ts'
import type { House } from './house.ts'
import { readEvents } from './ledger/event-log.ts'
import type { RunEvent } from './ledger/events.ts'
import { readPlan, readRuns } from './ledger/runs.ts'
import type { Run } from './ledger/runs.ts'
import { readShards } from './ledger/shards.ts'
import { checksumOf } from './migrations/load-migrations.ts'
import { planForm } from './plan/plan.ts'
import { buildStatus } from './report/status.ts'
import type { Status } from './report/status.ts'
import { verifySteps } from './run/verify-steps.ts'

export async function readStatus(house: House, runs: readonly Run[]): Promise<Status> {
  const { tables, target } = house.stores
  const progress = new Map<string, number>()
  for (const run of runs) {
    if (run.phase === 'verify' || !['running', 'paused', 'failed', 'completing'].includes(run.state)) continue
    const rows = await readShards(tables, run.id, run.phase)
    const whole = rows.reduce((sum, row) => sum + Math.max(row.estimate, 1), 0)
    const done = rows.reduce(
      (sum, row) =>
        sum + (row.state === 'done' ? Math.max(row.estimate, 1) : Math.min(row.changed + row.skipped, row.estimate)),
      0,
    )
    progress.set(run.id, whole === 0 ? 0 : Math.round((100 * done) / whole))
  }
  return buildStatus({
    target,
    runs,
    progress,
    files: files(house).map((file) => ({
      id: file.id,
      checksum: (applied) => checksumOf(file, house.loaded.root, applied),
    })),
  })
}

export async function countBehind(house: House, runs: readonly Run[]): Promise<number> {
  const glance = look(house)
  let behind = 0
  for (const run of runs) {
    if (run.state !== 'soaking' && run.state !== 'completed') continue
    for (const [step, { operation, spec, memo }] of (await stepsOf(house, run)).entries()) {
      if (operation.store !== 'tables') continue
      const leftOut = (): Promise<readonly string[]> => tablesLeftOut(house.stores.tables, { run: run.id, step })
      behind += await operation.behind(spec, { ...glance, leftOut }, memo)
    }
  }
  return behind
}

export async function verify(house: House, migration: string, level: 'counts' | 'full'): Promise<number> {
  const run = await openRun(house, migration)
  const emit = (event: RunEvent): void => house.listener({ event })
  const signal = house.options.interrupt ?? new AbortController().signal
  const steps = await stepsOf(house, run)
  const { tables } = house.stores
  const { id, since, phase } = run
  const told = { ...run.told, writeBoth: house.loaded.config.clients?.writeBoth ?? false }
  const options = { run: id, tables, steps, look: look(house), since, told, phase, level, signal, emit }
  return (await verifySteps(options)).problems
}

export async function readJournal({ stores }: House, migration: string): Promise<readonly Journal[]> {
  const runs = (await readRuns(stores.tables)).filter((run) => run.migration === migration)
  return Promise.all(
    runs.map(async (run) => ({
      run,
      plan: planForm.parse(await readPlan(stores.tables, run.id)),
      events: await readEvents(stores.tables, run.id),
    })),
  )
}
