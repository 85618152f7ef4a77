import { z } from 'zod'
import type { Json } from '../../../kernel/canonical-json.ts'
import { md5 } from '../../../kernel/checksum.ts'
import { canonicalJson } from '../../../kernel/canonical-json.ts'
import { throwAll } from '../../../kernel/errors.ts'
import { printTable } from '../../../kernel/identifiers.ts'
import { phases } from '../../operation.ts'
import type {
  Effect,
  Look,
  PlanWarning,
  ShardPlan,
  StepPlan,
  Verification,
  VerifyScope,
  WorkPhase,
} from '../../operation.ts'
import { tableShards } from '../../table-scope.ts'
import { stateOf } from '../../table-state.ts'
import type { TableState } from '../../table-state.ts'
import { canaryKeys, groupsOf, inspectFleet, targetTables } from '../../table-targets.ts'
import type { SqlSpec } from './sql.ts'
import { database, databaseUnit, isDone, tableUnit } from './sql-units.ts'
import type { SqlUnit } from './sql-units.ts'

const memoForm = z.object({
  /** Tables, or the database, for which it was so before: `down` leaves them so. */
  had: z.array(z.string()),
  /** Tables of no tenant: never touched. */
  excluded: z.array(z.string()),
})

interface Open {
  readonly units: readonly SqlUnit[]
  /** Those of a fleet. */
  readonly tables: readonly TableState[]
}

export async function planSql(spec: SqlSpec, look: Look): Promise<StepPlan> {
  const fleet = spec.target === undefined ? undefined : await inspectFleet(look, spec.target)
  throwAll(fleet?.errors ?? [])
  const excluded = (fleet?.orphans ?? []).map(({ name }) => name)
  const all = await unitsOf(spec, look, excluded)
  const open = await unlike(all, look, true)
  const isOpen = new Set(open.units.map(({ name }) => name))
  const [example] = open.units
  return {
    summary: `sql on ${spec.target === undefined ? 'the database' : `${all.units.length} ${'tenants' in spec.target ? spec.target.tenants : ''} tables`}`,
    effects: example === undefined ? [] : [effectOf(spec, example, open.units.length)],
    shards: await shardsOf(spec, spec.phase, open, look),
    warnings: [...(fleet?.warnings ?? []), ...irreversible(spec)],
    leftOut: fleet?.orphans ?? [],
    basis: { sql: md5(canonicalJson({ ...spec, target: spec.target ?? null })), open: open.units.length > 0 },
    memo: { had: all.units.flatMap(({ name }) => (isOpen.has(name) ? [] : [name])), excluded },
  }
}

async function unitsOf(spec: SqlSpec, look: Look, without: readonly string[]): Promise<Open> {
  if (spec.target === undefined) return { units: without.includes(database) ? [] : [databaseUnit(spec)], tables: [] }
  const targets = await targetTables(look, spec.target, without)
  const tables = targets.tables.map((table) => stateOf(table, targets.shapeOf(table)))
  return { units: tables.map((table) => tableUnit(spec, table)), tables }
}

/** Checks asked in one look. */
const checksAtOnce = 200

/** The units whose check does not say `done`: what is left to do (done: true), or to take back (false). */
async function unlike({ units, tables }: Open, look: Look, done: boolean): Promise<Open> {
  const open = new Set<string>()
  for (const group of groupsOf(units, checksAtOnce)) {
    await look.tables.read(async (q) => {
      for (const unit of group) if ((await isDone(q, unit)) !== done) open.add(unit.name)
    })
  }
  return {
    units: units.filter(({ name }) => open.has(name)),
    tables: tables.filter((table) => open.has(printTable(table))),
  }
}

async function shardsOf(spec: SqlSpec, phase: WorkPhase, open: Open, look: Look): Promise<readonly ShardPlan[]> {
  if (spec.target !== undefined) return tableShards(phase, open.tables, await canaryKeys(look, spec.target))
  return open.units.map(() => ({ phase, stage: 1, scope: { database: true }, estimate: 1 }))
}

function effectOf(spec: SqlSpec, { up, down }: SqlUnit, count: number): Effect {
  const each = spec.target === undefined ? 'on the database' : 'on each table'
  return {
    phase: spec.phase,
    what: `run ${up.length === 1 ? 'your SQL' : `your ${up.length} statements`} ${each}, ${spec.transaction ? 'in a transaction with its check' : 'each outside of a transaction'}`,
    count: { value: count, source: 'counted' },
    unit: spec.target === undefined ? 'statements' : 'tables',
    lock: 'what the SQL takes, lock_timeout 500 ms, retried; lockstep lint tells what that is',
    seconds: [0.01 * count, 10 * count],
    secondsSource: 'guess',
    cost: 0,
    disk: 0,
    undo: down.length === 0 ? 'nothing to take back, as the step says' : 'its down, where the check says it is done',
    statements: up,
  }
}

function irreversible({ down }: SqlSpec): readonly PlanWarning[] {
  if (down.length > 0) return []
  return [
    {
      code: 'W305',
      message: 'this sql has no down: lockstep down leaves what it did',
      hint: 'that is right for what does no harm in the old shape; else write down',
    },
  ]
}

/** Its own phase and those after it: tenants born since. */
export async function remainingSql(
  spec: SqlSpec,
  phase: WorkPhase,
  look: Look,
  memo: Json,
): Promise<readonly ShardPlan[]> {
  if (phase === 'revert' || phases.indexOf(phase) < phases.indexOf(spec.phase)) return []
  const { had, excluded } = memoForm.parse(memo)
  return shardsOf(spec, phase, await unlike(await unitsOf(spec, look, [...excluded, ...had]), look, true), look)
}

export async function revertingSql(spec: SqlSpec, look: Look, memo: Json): Promise<readonly ShardPlan[]> {
  if (spec.down.length === 0) return []
  const { had, excluded } = memoForm.parse(memo)
  return shardsOf(spec, 'revert', await unlike(await unitsOf(spec, look, [...excluded, ...had]), look, false), look)
}

export async function* verifySql(spec: SqlSpec, look: Look, scope: VerifyScope): Verification {
  const { excluded } = memoForm.parse(scope.memo)
  const all = await unitsOf(spec, look, excluded)
  if (phases.indexOf(scope.phase) >= phases.indexOf(spec.phase)) {
    const { units } = await unlike(all, look, true)
    for (const { name } of units)
      yield { where: name, problem: 'its verify finds something that is not as it should be' }
  }
  return { checked: all.units.length, what: 'checks of your SQL' }
}
