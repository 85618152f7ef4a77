import { z } from 'zod'
import { LockstepError } from '../../../kernel/errors.ts'
import { printTable, quoteIdentifier, quoteTable } from '../../../kernel/identifiers.ts'
import type { Json } from '../../../kernel/canonical-json.ts'
import type { Queryable } from '../../../stores/tables.ts'
import type { CatalogTable, ColumnShape, TableShape } from '../../../tenants/catalog.ts'
import { listed } from '../../../tenants/fleet.ts'
import { checkLiteral, resolveType } from '../../column-state.ts'
import type { ColumnType } from '../../column-state.ts'
import type { Look, ShardPlan, StepPlan, WorkPhase } from '../../operation.ts'
import { withoutKey } from '../../row-pages.ts'
import { inspectProvision, scopeOfProvision } from '../../provisioning.ts'
import type { ProvisionScope } from '../../provisioning.ts'
import { findMismatches, groupsOf, tablesPerShard, targetTables } from '../../table-targets.ts'
import type { TargetTables } from '../../table-targets.ts'
import type { AddColumnSpec } from './add-column.ts'
import { effectsOf, warningsOf } from './column-effects.ts'
import { defaultSql, indexName, needsBackfill } from './column-sql.ts'

const memoForm = z.object({
  /** Tables that had the column before, with this very type: `down` leaves it there. */
  had: z.array(z.string()),
  /** Tables of no tenant: never touched. */
  excluded: z.array(z.string()),
})

export function parseMemo(memo: Json): z.infer<typeof memoForm> {
  return memoForm.parse(memo)
}

export async function planColumn(spec: AddColumnSpec, look: Look): Promise<StepPlan> {
  const type = await look.tables.read((q) => checkType(q, spec))
  const { excluded, errors } = await findMismatches(look, spec.target)
  const targets = await targetTables(look, spec.target, excluded)
  const had = targets.tables.filter((table) => columnOf(targets.shapeOf(table), spec.column) !== undefined)
  const hadNames = new Set(had.map((table) => table.name))
  const todo = targets.tables.filter((table) => !hadNames.has(table.name))
  throwAll([
    ...errors,
    ...wrongColumns(spec, type, targets, had),
    ...nameProblems(spec, targets.tables),
    ...keyProblems(spec, todo, targets),
  ])
  const provision = await provisionOf(spec, look)
  return {
    summary: `add column ${spec.column} ${type.printed} to ${describeTarget(spec, targets.tables.length)}`,
    effects: effectsOf(spec, todo, provision),
    shards: shardsOf(spec, todo, provision),
    warnings: warningsOf(spec, provision),
    basis: {
      column: spec.column,
      type: type.printed,
      default: defaultSql(spec) ?? null,
      provision: provision?.hash ?? null,
      shapes: [...new Set(targets.tables.map((table) => table.shape))].sort(),
    },
    memo: { had: had.map(printTable), excluded },
  }
}

async function checkType(q: Queryable, spec: AddColumnSpec): Promise<ColumnType> {
  const type = await resolveType(q, spec.type)
  const value = spec.options.default
  if (value !== undefined && typeof value !== 'object') await checkLiteral(q, String(value), type, spec.column)
  return type
}

export function columnOf(shape: TableShape, column: string): ColumnShape | undefined {
  return shape.columns.find((each) => each.name === column)
}

function throwAll(problems: readonly LockstepError[]): void {
  const [first, ...also] = problems
  if (first === undefined) return
  const { message, hint, why, where, cause } = first
  throw new LockstepError(first.code, message, {
    cause,
    also,
    ...(hint === undefined ? {} : { hint }),
    ...(why === undefined ? {} : { why }),
    ...(where === undefined ? {} : { where }),
  })
}

function wrongColumns(
  spec: AddColumnSpec,
  type: ColumnType,
  targets: TargetTables,
  had: readonly CatalogTable[],
): readonly LockstepError[] {
  const wrong = had.filter((table) => columnOf(targets.shapeOf(table), spec.column)?.type !== type.printed)
  const [first] = wrong
  if (first === undefined) return []
  const found = columnOf(targets.shapeOf(first), spec.column)?.type ?? ''
  return [
    new LockstepError(
      'LS-2104',
      `column "${spec.column}" is ${found} in ${wrong.length} of ${targets.tables.length} tables, not ${type.printed}`,
      {
        where: { name: listed(wrong.map(printTable)) },
        why: 'those tables were altered outside Lockstep; nothing has been changed by this run',
        hint: `drop or rename the column there (alter table ${quoteTable(first)} rename column ${quoteIdentifier(spec.column)} to …), then plan again`,
      },
    ),
  ]
}

/** Names are checked before anything runs: quoting refuses what Postgres would cut. */
function nameProblems(spec: AddColumnSpec, tables: readonly CatalogTable[]): readonly LockstepError[] {
  const problems: LockstepError[] = []
  for (const table of tables) {
    try {
      quoteTable(table)
      quoteIdentifier(indexName(spec, table.name))
    } catch (error) {
      if (!(error instanceof LockstepError)) throw error
      problems.push(error)
    }
  }
  return problems.slice(0, 5)
}

/** Rows are filled in the order of their keys. */
function keyProblems(
  spec: AddColumnSpec,
  tables: readonly CatalogTable[],
  targets: TargetTables,
): readonly LockstepError[] {
  const without = needsBackfill(spec) ? tables.filter((table) => targets.shapeOf(table).primaryKey.length === 0) : []
  const [first] = without
  return first === undefined ? [] : [withoutKey(listed(without.map(printTable)))]
}

export interface Provision {
  readonly scope: ProvisionScope
  readonly hash: string
}

export async function provisionOf(spec: AddColumnSpec, look: Look): Promise<Provision | undefined> {
  if (!('tenants' in spec.target)) return undefined
  const { config } = await look.fleet()
  const scope = scopeOfProvision(config, spec.target.tenants)
  if (scope === undefined) return undefined
  const { hash } = await look.tables.read((q) => inspectProvision(q, scope.provision.signature))
  return { scope, hash }
}

function describeTarget(spec: AddColumnSpec, count: number): string {
  return 'tenants' in spec.target ? `${count} ${spec.target.tenants} tables` : spec.target.table
}

function shardsOf(
  spec: AddColumnSpec,
  tables: readonly CatalogTable[],
  provision: Provision | undefined,
): readonly ShardPlan[] {
  const first: readonly ShardPlan[] =
    provision === undefined ? [] : [{ phase: 'expand', stage: 0, scope: provision.scope, estimate: 1 }]
  const backfilled: readonly WorkPhase[] = needsBackfill(spec)
    ? ['backfill', ...(spec.options.notNull === true ? ['cutover' as const] : [])]
    : []
  return [...first, ...tableShards('expand', tables), ...backfilled.flatMap((phase) => tableShards(phase, tables))]
}

export function tableShards(phase: WorkPhase, tables: readonly CatalogTable[]): readonly ShardPlan[] {
  return groupsOf(tables, tablesPerShard).map((group) => ({
    phase,
    stage: 1,
    scope: { schema: group[0]?.schema ?? 'public', tables: group.map((table) => table.name) },
    estimate: group.length,
  }))
}
