import { z } from 'zod'
import type { Json } from '../kernel/canonical-json.ts'
import { throwAll } from '../kernel/errors.ts'
import type { LockstepError } from '../kernel/errors.ts'
import { printTable } from '../kernel/identifiers.ts'
import type { SqlText } from '../sql/sql-text.ts'
import type { TableWriter } from '../stores/tables.ts'
import type { TableTarget } from '../tenants/tenants-config.ts'
import { defineTableOperation, phases } from './operation.ts'
import type {
  Checkpoint,
  Effect,
  Finding,
  Look,
  OperationMeta,
  PlanWarning,
  ReadText,
  ShardPlan,
  StepPlan,
  TableHands,
  TableOperation,
  Verification,
  VerifyScope,
  Work,
  WorkPhase,
} from './operation.ts'
import { applyPasses } from './apply-passes.ts'
import {
  bornFrom,
  extensionAtWork,
  extensionIn,
  extensionsOf,
  provisionEffects,
  shardsOfProvisionBack,
  unprovisioned,
} from './born-tenants.ts'
import type { BornTenants } from './born-tenants.ts'
import { companionShards, workOnCompanion } from './companion.ts'
import type { Companion } from './companion.ts'
import type { Provision } from './provision-steps.ts'
import { bornInOldShape, provisionOf, provisionShards, workOnProvision } from './provision-steps.ts'
import { companionEffects, effectsOfPasses } from './table-effects.ts'
import { behindTables, openIn, openTables, tablesOfPhase } from './open-tables.ts'
import { createOpenness, isCatchingUp, passesUntil } from './table-passes.ts'
import { stateOf } from './table-state.ts'
import type { Openness, TablePass } from './table-passes.ts'
import type { TableState } from './table-state.ts'
import { tableShards } from './table-scope.ts'
import { canaryKeys, inspectFleet, targetTables } from './table-targets.ts'
import { leftOutOf, unfitWarning } from './unfit-tables.ts'
import type { Unfit } from './unfit-tables.ts'

export interface TargetedSpec {
  readonly target: TableTarget
}

/** What the tables of the target are like before, for checks of an operation's own. */
export interface Inspection {
  readonly tables: readonly TableState[]
  /** Tables that the step will change. */
  readonly todo: readonly TableState[]
  readonly look: Look
}

export interface Inspected {
  /** What makes the step impossible. */
  readonly problems: readonly LockstepError[]
  /** In a fleet these tables are left out and told of, unless it is to be strict; a single table makes it impossible. */
  readonly unfit?: readonly Unfit[]
  readonly warnings?: readonly PlanWarning[]
  /** More facts that the plan stands on. */
  readonly basis?: Json
  /** Facts of the moment that later phases need, as `more` of the memo. */
  readonly memo?: Json
  /** What the passes cannot tell of themselves. */
  readonly effects?: readonly Effect[]
}

/** A change of tables told as passes; everything else follows from them. */
export interface StructureChange<Spec extends TargetedSpec> extends BornTenants<Spec> {
  readonly kind: string
  readonly meta: Omit<OperationMeta, 'phases'>
  parse(spec: unknown, readText?: ReadText): Spec
  /** What is done to each table, there and (phase `revert`) back, in order. Pure. */
  passes(spec: Spec): readonly TablePass[]
  /** For the plan, before the name of the target: `add column language text to`. */
  describe(spec: Spec): string
  /** Whether a table needs nothing of this step and is left alone, there and back. Without it: no pass is open. */
  isDone?(spec: Spec, table: TableState): boolean
  /** What only the operation can check before anything runs. */
  inspect?(spec: Spec, inspection: Inspection): Promise<Inspected>
  /** What the tables share, made before them and gone after them. */
  companion?(spec: Spec): Companion | undefined
  /** What the shape of the tables does not show. */
  verify?(spec: Spec, tables: readonly TableState[], look: Look, scope: VerifyScope): AsyncGenerator<Finding>
  /** Takes away what was only kept for the way back, once the run is completed. Safe to repeat. */
  forget?(spec: Spec, tables: TableWriter): Promise<void>
  /** The SQL that users wrote for the step, for the linter. */
  sql?(spec: Spec): readonly SqlText[]
  /** Only where the passes of phase `revert` are not the whole way back. */
  revert?(work: Work<Spec>, hands: TableHands): AsyncGenerator<Checkpoint>
}

const memoForm = z.object({
  /** Tables that were in the new shape before: `down` leaves them so. */
  had: z.array(z.string()),
  /** Tables of no tenant, and those that the step cannot be done to: never touched. */
  excluded: z.array(z.string()),
  /** Whether one table that the step turns out to be impossible for is to stop it. */
  strict: z.boolean().default(true),
})

/** A whole operation on tables from the change it makes to each. */
export function defineStructureChange<Spec extends TargetedSpec>(change: StructureChange<Spec>): TableOperation<Spec> {
  const found = async (spec: Spec, look: Look, memo: Json, isLate = false): Promise<readonly TableState[]> => {
    const { had, excluded } = memoForm.parse(memo)
    return statesOf(look, spec.target, [...excluded, ...had, ...((await look.leftOut?.()) ?? [])], isLate)
  }
  const remaining = async (spec: Spec, phase: WorkPhase, look: Look, memo: Json): Promise<readonly ShardPlan[]> => {
    const passes = change.passes(spec)
    const isIdle = passesUntil(passes, phase).length === 0
    const tables = isIdle ? [] : await found(spec, look, memo, isCatchingUp(passes, phase))
    const isDue = phase === bornFrom(change, spec) || phase === 'contract'
    const extension = isDue ? extensionIn(change, spec, phase) : undefined
    const born = await provisionShards(extension, spec.target, phase, look)
    const open = await openTables(passes, phase, tables, look)
    return [
      ...(await companionShards(change.companion?.(spec), phase, look)),
      ...born,
      ...tableShards(phase, open, await canaryKeys(look, spec.target)),
    ]
  }
  return defineTableOperation<Spec>({
    kind: change.kind,
    meta: { ...change.meta, phases: ['expand', 'backfill', 'cutover', 'contract'] },
    parse: (spec, readText) => change.parse(spec, readText),
    plan: (spec, look) => plan(change, spec, look),
    remaining,
    apply: (work, hands) => apply(change, work, hands),
    async behind(spec, look, memo) {
      return (await behindTables(change.passes(spec), 'cutover', await found(spec, look, memo), look)).length
    },
    verify: (spec, look, scope) => verify(change, spec, look, scope),
    async reverting(spec, look, memo) {
      const tables = await found(spec, look, memo)
      const born = await shardsOfProvisionBack(change, spec, look)
      return [
        ...born,
        ...tableShards('revert', await openTables(change.passes(spec), 'revert', tables, look)),
        ...(await companionShards(change.companion?.(spec), 'revert', look)),
      ]
    },
    revert: (work, hands) => apply(change, work, hands),
    ...(change.forget && { forget: change.forget.bind(change) }),
    ...(change.sql && { sql: change.sql.bind(change) }),
  })
}

/** With `isLate`, of a fleet only the tables that no look has seen before, where there was one. */
async function statesOf(
  look: Look,
  target: TableTarget,
  without: readonly string[],
  isLate = false,
): Promise<readonly TableState[]> {
  const born = isLate && 'tenants' in target ? await look.bornTables?.(target.tenants) : undefined
  const targets = await targetTables(look, target, without, born)
  return targets.tables.map((table) => stateOf(table, targets.shapeOf(table)))
}

interface Planning<Spec extends TargetedSpec> {
  readonly change: StructureChange<Spec>
  readonly spec: Spec
  readonly look: Look
  readonly passes: readonly TablePass[]
  readonly isOpenNow: Openness
}

/** The tables as they are, those left out apart. Throws what makes the step impossible. */
async function survey<Spec extends TargetedSpec>({ change, spec, look, passes, isOpenNow }: Planning<Spec>) {
  const fleet = await inspectFleet(look, spec.target)
  const orphans = fleet.orphans.map(({ name }) => name)
  const all = await statesOf(look, spec.target, orphans)
  const isDone = change.isDone?.bind(change)
  const open = new Set(
    isDone === undefined
      ? await behindTables(passes, 'contract', all, { ...look, isOpenNow })
      : all.filter((table) => !isDone(spec, table)),
  )
  const inspection = { tables: all, todo: [...open], look }
  const inspected: Inspected = (await change.inspect?.(spec, inspection)) ?? { problems: [] }
  const { unfit = [], warnings = [], basis = null, memo, effects = [] } = inspected
  throwAll([...fleet.errors, ...inspected.problems, ...(fleet.strict ? unfit.map(({ error }) => error) : [])])
  const leftOut = [...fleet.orphans, ...unfit.flatMap(leftOutOf)]
  const without = new Set(leftOut.map(({ name }) => name))
  const tables = all.filter((table) => !without.has(printTable(table)))
  return {
    tables,
    done: tables.filter((table) => !open.has(table)),
    todo: tables.filter((table) => open.has(table)),
    leftOut,
    warnings: [...fleet.warnings, ...unfit.map(unfitWarning), ...warnings],
    basis,
    memo,
    effects,
    strict: fleet.strict,
  }
}

async function plan<Spec extends TargetedSpec>(
  change: StructureChange<Spec>,
  spec: Spec,
  look: Look,
): Promise<StepPlan> {
  const planning = { change, spec, look, passes: change.passes(spec), isOpenNow: createOpenness() }
  const { tables, done, todo, leftOut, warnings, basis, memo, effects, strict } = await survey(planning)
  const isExtended = extensionsOf(change, spec).length > 0
  const provision = isExtended ? await provisionOf(spec.target, look) : undefined
  return {
    summary: `${change.describe(spec)} ${'tenants' in spec.target ? `${tables.length} ${spec.target.tenants} tables` : spec.target.table}`,
    effects: [
      ...companionEffects(change.companion?.(spec)),
      ...provisionEffects(change, spec, provision),
      ...effectsOfPasses(passesUntil(planning.passes, 'contract'), todo, planning.isOpenNow),
      ...effects,
    ],
    shards: await shardsOf(planning, todo, provision),
    warnings: [...warnings, ...unprovisioned(spec.target, isExtended, provision)],
    leftOut,
    basis: {
      spec: change.describe(spec),
      provision: provision?.hash ?? null,
      shapes: [...new Set(tables.map((table) => table.fingerprint))].sort(),
      inspected: basis,
    },
    memo: {
      had: done.map(printTable),
      excluded: leftOut.map(({ name }) => name),
      strict,
      ...(memo === undefined ? {} : { more: memo }),
    },
  }
}

/** What the tables share comes first, then the provisioning function, then the tables, canaries before others. */
async function shardsOf<Spec extends TargetedSpec>(
  { change, spec, look, passes, isOpenNow }: Planning<Spec>,
  todo: readonly TableState[],
  provision: Provision | undefined,
): Promise<readonly ShardPlan[]> {
  const canaries = await canaryKeys(look, spec.target)
  return [
    ...(await companionShards(change.companion?.(spec), 'expand', look)),
    ...(provision === undefined || change.extension?.(spec) === undefined
      ? []
      : [{ phase: bornFrom(change, spec), stage: 0, scope: provision.scope, estimate: 1 }]),
    ...(['expand', 'backfill', 'cutover'] as const).flatMap((phase) =>
      tableShards(phase, tablesOfPhase(passes, phase, todo, isOpenNow), canaries),
    ),
  ]
}

async function* apply<Spec extends TargetedSpec>(
  change: StructureChange<Spec>,
  work: Work<Spec>,
  hands: TableHands,
): AsyncGenerator<Checkpoint> {
  yield* (
    workOnCompanion(work, hands, change.companion?.(work.spec)) ??
    workOnProvision(work, hands, extensionAtWork(change, work)) ??
    (work.phase === 'revert' ? change.revert?.(work, hands) : undefined) ??
    applyPasses(work, hands, change.passes(work.spec), !memoForm.parse(work.memo).strict)
  )
}

async function* verify<Spec extends TargetedSpec>(
  change: StructureChange<Spec>,
  spec: Spec,
  look: Look,
  scope: VerifyScope,
): Verification {
  const phase = scope.phase === 'verify' ? 'backfill' : scope.phase
  const due = passesUntil(change.passes(spec), phase)
  const without = [...memoForm.parse(scope.memo).excluded, ...((await look.leftOut?.()) ?? [])]
  const isIdle = due.length === 0 && change.verify === undefined
  const tables = isIdle ? [] : await statesOf(look, spec.target, without)
  // What a table lacks first explains what it lacks after that.
  let sound = tables
  for (const pass of due) {
    const lacking = new Set(await openIn(pass, sound, look))
    for (const table of lacking) yield { where: printTable(table), problem: pass.lacking }
    sound = sound.filter((table) => !lacking.has(table))
  }
  if (change.verify !== undefined) yield* change.verify(spec, tables, look, scope)
  const isBorn = phases.indexOf(scope.phase) >= phases.indexOf(bornFrom(change, spec))
  yield* bornInOldShape(isBorn ? extensionIn(change, spec, scope.phase) : undefined, spec.target, look)
  return { checked: tables.length, what: 'tables compared with the catalog' }
}
