import { z } from 'zod'
import type { Json } from '../kernel/canonical-json.ts'
import { throwAll } from '../kernel/errors.ts'
import type { LockstepError } from '../kernel/errors.ts'
import { printTable } from '../kernel/identifiers.ts'
import type { TableTarget } from '../tenants/tenants-config.ts'
import { defineTableOperation, phases } from './operation.ts'
import type {
  Checkpoint,
  Finding,
  Look,
  OperationMeta,
  Phase,
  PlanWarning,
  ShardPlan,
  StepPlan,
  TableHands,
  TableOperation,
  Verification,
  VerifyScope,
  Work,
  WorkPhase,
} from './operation.ts'
import { companionShards, workOnCompanion } from './companion.ts'
import type { Companion } from './companion.ts'
import { bornInOldShape, provisionOf, provisionShards, workOnProvision } from './provision-steps.ts'
import type { Extension } from './provisioning.ts'
import { companionEffects, effectsOfPasses, provisionEffect } from './table-effects.ts'
import { applyPasses, isOpen, passesUntil } from './table-passes.ts'
import { stateOf } from './table-state.ts'
import type { RowPass, TablePass } from './table-passes.ts'
import type { TableState } from './table-state.ts'
import { tableShards } from './table-scope.ts'
import { findMismatches, targetTables } from './table-targets.ts'
import { rowsLeft } from './rows-left.ts'

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
  readonly problems: readonly LockstepError[]
  readonly warnings?: readonly PlanWarning[]
  /** More facts that the plan stands on. */
  readonly basis?: Json
}

/** A change of tables told as passes; everything else follows from them. */
export interface StructureChange<Spec extends TargetedSpec> {
  readonly kind: string
  readonly meta: Omit<OperationMeta, 'phases'>
  parse(spec: unknown): Spec
  /** What is done to each table, there and (phase `revert`) back, in order. Pure. */
  passes(spec: Spec): readonly TablePass[]
  /** For the plan, before the name of the target: `add column language text to`. */
  describe(spec: Spec): string
  /** Whether a table needs nothing of this step and is left alone, there and back. Without it: no pass is open. */
  isDone?(spec: Spec, table: TableState): boolean
  /** What only the operation can check before anything runs. */
  inspect?(spec: Spec, inspection: Inspection): Promise<Inspected>
  /** What the provisioning function has to do, for new tenants to be born in the new shape. */
  extension?(spec: Spec): Extension | undefined
  /** The phase from which on it does; `expand` without it. */
  extensionPhase?(spec: Spec): 'expand' | 'cutover'
  /** What it has to do from contract on, by itself, where that is something else (or nothing is to be done before). */
  lastExtension?(spec: Spec): Extension | undefined
  /** What the tables share, made before them and gone after them. */
  companion?(spec: Spec): Companion | undefined
  /** What the shape of the tables does not show. */
  verify?(spec: Spec, tables: readonly TableState[], look: Look, scope: VerifyScope): AsyncGenerator<Finding>
  /** Only where the passes of phase `revert` are not the whole way back. */
  revert?(work: Work<Spec>, hands: TableHands): AsyncGenerator<Checkpoint>
}

const memoForm = z.object({
  /** Tables that were in the new shape before: `down` leaves them so. */
  had: z.array(z.string()),
  /** Tables of no tenant: never touched. */
  excluded: z.array(z.string()),
})

/** A whole operation on tables from the change it makes to each. */
export function defineStructureChange<Spec extends TargetedSpec>(change: StructureChange<Spec>): TableOperation<Spec> {
  const found = async (spec: Spec, look: Look, memo: Json): Promise<readonly TableState[]> => {
    const { had, excluded } = memoForm.parse(memo)
    return statesOf(look, spec.target, [...excluded, ...had])
  }
  const remaining = async (spec: Spec, phase: WorkPhase, look: Look, memo: Json): Promise<readonly ShardPlan[]> => {
    const tables = await found(spec, look, memo)
    const isDue = phase === bornFrom(change, spec) || phase === 'contract'
    const extension = isDue ? extensionIn(change, spec, phase) : undefined
    const born = await provisionShards(extension, spec.target, phase, look)
    return [
      ...(await companionShards(change.companion?.(spec), phase, look)),
      ...born,
      ...tableShards(phase, await openTables(change.passes(spec), phase, tables, look)),
    ]
  }
  return defineTableOperation<Spec>({
    kind: change.kind,
    meta: { ...change.meta, phases: ['expand', 'backfill', 'cutover', 'contract'] },
    parse: (spec) => change.parse(spec),
    plan: (spec, look) => plan(change, spec, look),
    remaining,
    apply: (work, hands) => apply(change, work, hands),
    async behind(spec, look, memo) {
      const passes = passesUntil(change.passes(spec), 'cutover')
      return (await found(spec, look, memo)).filter((table) => passes.some((pass) => isOpen(pass, table))).length
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
  })
}

function bornFrom<Spec extends TargetedSpec>(change: StructureChange<Spec>, spec: Spec): 'expand' | 'cutover' {
  return change.extensionPhase?.(spec) ?? 'expand'
}

/** What the provisioning function has to do from this phase on. */
function extensionIn<Spec extends TargetedSpec>(
  change: StructureChange<Spec>,
  spec: Spec,
  phase: Phase,
): Extension | undefined {
  return (phase === 'contract' ? change.lastExtension?.(spec) : undefined) ?? change.extension?.(spec)
}

function extensionsOf<Spec extends TargetedSpec>(change: StructureChange<Spec>, spec: Spec): readonly Extension[] {
  return [change.lastExtension?.(spec), change.extension?.(spec)].filter((each) => each !== undefined)
}

/** One shard puts all definitions back, newest first. */
async function shardsOfProvisionBack<Spec extends TargetedSpec>(
  change: StructureChange<Spec>,
  spec: Spec,
  look: Look,
): Promise<readonly ShardPlan[]> {
  for (const extension of extensionsOf(change, spec)) {
    const shards = await provisionShards(extension, spec.target, 'revert', look)
    if (shards.length > 0) return shards
  }
  return []
}

async function statesOf(look: Look, target: TableTarget, without: readonly string[]): Promise<readonly TableState[]> {
  const targets = await targetTables(look, target, without)
  return targets.tables.map((table) => stateOf(table, targets.shapeOf(table)))
}

/** Tables for which some pass has something to do; of rows only in the phase whose work they are. */
async function openTables(
  passes: readonly TablePass[],
  phase: WorkPhase,
  tables: readonly TableState[],
  look: Look,
): Promise<readonly TableState[]> {
  const due = passesUntil(passes, phase)
  const open = new Set(tables.filter((table) => due.some((pass) => isOpen(pass, table))))
  const rows = due.filter((pass): pass is RowPass => pass.how === 'rows')
  for (const pass of rows) for (const table of await rowsLeft(pass, tables, look)) open.add(table)
  return tables.filter((table) => open.has(table))
}

async function plan<Spec extends TargetedSpec>(
  change: StructureChange<Spec>,
  spec: Spec,
  look: Look,
): Promise<StepPlan> {
  const { excluded, errors } = await findMismatches(look, spec.target)
  const tables = await statesOf(look, spec.target, excluded)
  const passes = change.passes(spec)
  const forward = passesUntil(passes, 'contract')
  const isDone = (table: TableState): boolean =>
    change.isDone?.(spec, table) ?? !forward.some((pass) => isOpen(pass, table))
  const todo = tables.filter((table) => !isDone(table))
  const inspected = await change.inspect?.(spec, { tables, todo, look })
  throwAll([...errors, ...(inspected?.problems ?? [])])
  const extensions = extensionsOf(change, spec)
  const provision = extensions.length === 0 ? undefined : await provisionOf(spec.target, look)
  const atOnce = change.extension?.(spec) === undefined ? undefined : provision
  const changed = new Set(todo)
  return {
    summary: `${change.describe(spec)} ${'tenants' in spec.target ? `${tables.length} ${spec.target.tenants} tables` : spec.target.table}`,
    effects: [
      ...companionEffects(change.companion?.(spec)),
      ...(atOnce === undefined ? [] : [provisionEffect(atOnce, bornFrom(change, spec))]),
      ...(provision === undefined || change.lastExtension?.(spec) === undefined
        ? []
        : [provisionEffect(provision, 'contract')]),
      ...effectsOfPasses(forward, todo),
    ],
    shards: [
      ...(await companionShards(change.companion?.(spec), 'expand', look)),
      ...(atOnce === undefined ? [] : [{ phase: bornFrom(change, spec), stage: 0, scope: atOnce.scope, estimate: 1 }]),
      ...(['expand', 'backfill', 'cutover'] as const).flatMap((phase) =>
        tableShards(phase, tablesOfPhase(passes, phase, todo)),
      ),
    ],
    warnings: [...(inspected?.warnings ?? []), ...unprovisioned(spec.target, extensions.length > 0, provision)],
    basis: {
      spec: change.describe(spec),
      provision: provision?.hash ?? null,
      shapes: [...new Set(tables.map((table) => table.fingerprint))].sort(),
      ...(inspected?.basis === undefined ? {} : { inspected: inspected.basis }),
    },
    memo: { had: tables.filter((table) => !changed.has(table)).map(printTable), excluded },
  }
}

/** Planned for a phase: the tables that its own passes change. */
function tablesOfPhase(
  passes: readonly TablePass[],
  phase: WorkPhase,
  todo: readonly TableState[],
): readonly TableState[] {
  const own = passes.filter((pass) => pass.phase === phase)
  return todo.filter((table) =>
    own.some((pass) => (pass.how === 'rows' ? pass.fill(table) !== undefined : isOpen(pass, table))),
  )
}

function unprovisioned(target: TableTarget, isExtended: boolean, provision: unknown): readonly PlanWarning[] {
  if (!('tenants' in target) || !isExtended || provision !== undefined) return []
  return [
    {
      code: 'W201',
      message: 'no provisioning function is configured: tenants born after this migration completes get the old shape',
      hint: "set tenants.provision in lockstep.config.ts, e.g. 'create_user_table(text)'",
    },
  ]
}

function extensionAtWork<Spec extends TargetedSpec>(
  change: StructureChange<Spec>,
  { spec, phase }: Work<Spec>,
): Extension | undefined {
  return phase === 'revert' ? extensionsOf(change, spec)[0] : extensionIn(change, spec, phase)
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
    applyPasses(work, hands, change.passes(work.spec))
  )
}

async function* verify<Spec extends TargetedSpec>(
  change: StructureChange<Spec>,
  spec: Spec,
  look: Look,
  scope: VerifyScope,
): Verification {
  const { excluded } = memoForm.parse(scope.memo)
  const tables = await statesOf(look, spec.target, excluded)
  const phase = scope.phase === 'verify' ? 'backfill' : scope.phase
  // What a table lacks first explains what it lacks after that.
  let sound = tables
  for (const pass of passesUntil(change.passes(spec), phase)) {
    const lacking = new Set(
      pass.how === 'rows' ? await rowsLeft(pass, sound, look) : sound.filter((table) => isOpen(pass, table)),
    )
    for (const table of lacking) yield { where: printTable(table), problem: pass.lacking }
    sound = sound.filter((table) => !lacking.has(table))
  }
  if (change.verify !== undefined) yield* change.verify(spec, tables, look, scope)
  const isBorn = phases.indexOf(scope.phase) >= phases.indexOf(bornFrom(change, spec))
  yield* bornInOldShape(isBorn ? extensionIn(change, spec, scope.phase) : undefined, spec.target, look)
  return { checked: tables.length, what: 'tables compared with the catalog' }
}
