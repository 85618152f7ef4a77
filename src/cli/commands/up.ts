import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { LockstepError } from '../../kernel/errors.ts'
import { parsePlan, requireFresh } from '../../plan/build-plan.ts'
import { requireLinted } from '../../plan/lint-finding.ts'
import type { Plan } from '../../plan/plan.ts'
import { renderMore, renderPlan } from '../../report/plan.ts'
import { isPending } from '../../report/status.ts'
import type { Status, StatusRow } from '../../report/status.ts'
import type { Cli } from '../cli.ts'
import { confirm } from '../confirm.ts'
import type { Given } from '../confirm.ts'
import { queueOf } from '../queue.ts'
import type { Queue } from '../queue.ts'
import type { Running } from '../running.ts'
import { refuseWhenAborted, withRunning } from '../running.ts'
import type { Options } from '../verb.ts'
import { plan } from './plan.ts'

interface UpOptions {
  readonly to: 'verify' | 'cutover'
  readonly plan: string | undefined
  readonly outOfOrder: boolean
  /** Lint rules whose errors do not stop this run. */
  readonly allow: readonly string[]
  readonly given: Given
}

/** `lockstep up [migration]`: open runs go on first, then pending migrations are planned, confirmed and started. */
export async function up(cli: Cli, id: string | undefined, options: Options): Promise<number> {
  const wanted: UpOptions = {
    to: options['to'] === 'verify' ? 'verify' : 'cutover',
    plan: options['plan'] as string | undefined,
    outOfOrder: options['outOfOrder'] === true,
    allow: await knownRules((options['allow'] ?? []) as readonly string[]),
    given: { yes: options['yes'] === true, confirm: options['confirm'] as string | undefined },
  }
  const saved = wanted.plan === undefined ? undefined : loadPlan(cli, wanted.plan, id)
  if (options['dryRun'] === true) return plan(cli, saved?.migration.id ?? id, { strict: options['strict'] })
  await withRunning(cli, 'up', options, async (running) => {
    const status = await running.migrator.status()
    await running.migrator.tidy()
    const queue = queueOf(status, saved?.migration.id ?? id, wanted.outOfOrder)
    if (saved !== undefined) await applySaved(cli, running, { saved, queue, status, wanted })
    else await applyQueue(cli, running, queue, wanted)
    if (queue.open.length + queue.pending.length === 0) await bringUp(cli, running, status)
    return status
  })
  return 0
}

/** Throws LS-1007 for one that is no rule. */
async function knownRules(names: readonly string[]): Promise<readonly string[]> {
  return names.length === 0 ? [] : (await import('../../plan/lint.ts')).requireRules(names)
}

function loadPlan(cli: Cli, name: string, id: string | undefined): Plan {
  const file = resolve(cli.world.cwd, name)
  const saved = parsePlan(readPlanFile(file), file)
  if (id === undefined || id === saved.migration.id) return saved
  throw new LockstepError('LS-1007', `${name} is the plan of ${saved.migration.id}, not of ${id}`, {
    where: { name: '--plan' },
    hint: 'leave the migration out',
  })
}

function readPlanFile(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (cause) {
    throw new LockstepError('LS-2302', `${file} cannot be read`, {
      where: { file },
      hint: 'save a plan with lockstep plan --out FILE',
      cause,
    })
  }
}

interface SavedPlan {
  readonly saved: Plan
  readonly queue: Queue
  readonly status: Status
  readonly wanted: UpOptions
}

async function applySaved(cli: Cli, running: Running, { saved, queue, status, wanted }: SavedPlan): Promise<void> {
  const { id } = saved.migration
  const row = status.migrations.find((each) => each.id === id)
  if (queue.pending.length === 0) {
    throw new LockstepError('LS-4006', `${id} is ${row?.state ?? 'unknown'}: a plan is applied to what is pending`, {
      where: { name: id },
      hint: row?.next ?? 'lockstep status',
    })
  }
  requireLinted(await running.migrator.lint(id), wanted.allow)
  requireFresh(saved, await running.migrator.plan(id))
  await startPlanned(cli, running, saved, wanted)
}

async function applyQueue(cli: Cli, running: Running, { open, pending }: Queue, wanted: UpOptions): Promise<void> {
  let { given } = wanted
  for (const row of open) await goOn(cli, running, row, wanted.to)
  const allowed = wanted.to === 'cutover' ? pending : open.length > 0 ? [] : pending.slice(0, 1)
  for (const row of allowed) {
    requireLinted(await running.migrator.lint(row.id), wanted.allow)
    await startPlanned(cli, running, await running.migrator.plan(row.id), { ...wanted, given })
    given = { ...given, confirm: undefined }
  }
  const more = renderMore(pending.length - allowed.length)
  if (more !== undefined) cli.say(`stopped before the cutover, so nothing after it was started: ${more}`)
}

/** A run was confirmed when it started: to go on needs no second yes. */
async function goOn(cli: Cli, running: Running, row: StatusRow, to: UpOptions['to']): Promise<void> {
  if (to === 'verify' && row.phase === 'cutover') {
    cli.say(`${row.id} is verified already and waits before its cutover`)
    return
  }
  const kinds = await kindsOf(running, row.id)
  cli.say(`${row.id} was ${row.state} in ${row.phase ?? 'expand'}: it goes on from its last checkpoint`)
  await running.work({ migration: row.id, kinds }, () => running.migrator.resume(row.id, to))
}

/** The kinds of the steps of a migration's latest run, for those who watch. */
export async function kindsOf({ migrator }: Running, migration: string): Promise<readonly string[]> {
  const journals = await migrator.journal(migration)
  return journals.at(-1)?.plan.steps.map(({ kind }) => kind) ?? []
}

async function startPlanned(cli: Cli, running: Running, planned: Plan, { to, given, allow }: UpOptions): Promise<void> {
  const { migrator, signal } = running
  const { id } = planned.migration
  refuseWhenAborted(signal)
  cli.say(renderPlan(planned, undefined, cli.talk))
  const demand = {
    target: migrator.target,
    action: `apply plan ${planned.id} of ${id} to ${migrator.target.environment}`,
    id: planned.id,
    always: false,
  }
  await confirm(cli, { ...demand, signal }, given)
  await running.work({ migration: id, kinds: planned.steps.map(({ kind }) => kind) }, () =>
    migrator.start(planned, to, allow),
  )
}

/** Tenants born during the soak, and rows that wait for a vector. Behind completed migrations nobody goes any more. */
async function bringUp(cli: Cli, running: Running, status: Status): Promise<void> {
  if (status.migrations.some(isPending)) return
  let behind = await running.migrator.behind()
  const soaking = status.migrations.filter(({ state }) => state === 'soaking')
  if (behind > 0 && soaking.length > 0) {
    for (const { id } of soaking)
      await running.work({ migration: id, kinds: await kindsOf(running, id) }, () => running.migrator.catchUp(id))
    behind = await running.migrator.behind()
  }
  running.noteBehind(behind)
  if (behind > 0) cli.say('lockstep verify names what is behind')
}
