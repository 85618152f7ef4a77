import { z } from 'zod'
import { LockstepError } from '../../../kernel/errors.ts'
import { printTable, quoteIdentifier, quoteTable } from '../../../kernel/identifiers.ts'
import type { Json } from '../../../kernel/canonical-json.ts'
import type { Queryable } from '../../../stores/tables.ts'
import type { CatalogTable, ColumnShape, TableShape } from '../../../tenants/catalog.ts'
import { listed } from '../../../tenants/fleet.ts'
import { checkLiteral, resolveType } from '../../column-state.ts'
import type { ColumnType } from '../../column-state.ts'
import type { Effect, Look, PlanWarning, ShardPlan, StepPlan, WorkPhase } from '../../operation.ts'
import { withoutKey } from '../../row-pages.ts'
import { inspectProvision, isExtended, isTouched, scopeOfProvision } from '../../provisioning.ts'
import type { ProvisionScope } from '../../provisioning.ts'
import { findMismatches, groupsOf, tablesPerShard, targetTables } from '../../table-targets.ts'
import type { TargetTables } from '../../table-targets.ts'
import type { AddColumnSpec } from './add-column.ts'
import { addStatements, defaultSql, extensionOf, indexName, indexSql, needsBackfill, smallTable } from './column-sql.ts'

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
  throwAll([...errors, ...wrongColumns(spec, type, targets, had), ...nameProblems(spec, targets.tables), ...keyProblems(spec, todo, targets)])
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

function wrongColumns(spec: AddColumnSpec, type: ColumnType, targets: TargetTables, had: readonly CatalogTable[]): readonly LockstepError[] {
  const wrong = had.filter((table) => columnOf(targets.shapeOf(table), spec.column)?.type !== type.printed)
  const [first] = wrong
  if (first === undefined) return []
  const found = columnOf(targets.shapeOf(first), spec.column)?.type ?? ''
  return [
    new LockstepError('LS-2104', `column "${spec.column}" is ${found} in ${wrong.length} of ${targets.tables.length} tables, not ${type.printed}`, {
      where: { name: listed(wrong.map(printTable)) },
      why: 'those tables were altered outside Lockstep; nothing has been changed by this run',
      hint: `drop or rename the column there (alter table ${quoteTable(first)} rename column ${quoteIdentifier(spec.column)} to …), then plan again`,
    }),
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
function keyProblems(spec: AddColumnSpec, tables: readonly CatalogTable[], targets: TargetTables): readonly LockstepError[] {
  const without = needsBackfill(spec) ? tables.filter((table) => targets.shapeOf(table).primaryKey.length === 0) : []
  const [first] = without
  return first === undefined ? [] : [withoutKey(listed(without.map(printTable)))]
}

interface Provision {
  readonly scope: ProvisionScope
  readonly hash: string
}

async function provisionOf(spec: AddColumnSpec, look: Look): Promise<Provision | undefined> {
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

function shardsOf(spec: AddColumnSpec, tables: readonly CatalogTable[], provision: Provision | undefined): readonly ShardPlan[] {
  const first: readonly ShardPlan[] = provision === undefined ? [] : [{ phase: 'expand', stage: 0, scope: provision.scope, estimate: 1 }]
  const backfilled: readonly WorkPhase[] = needsBackfill(spec) ? ['backfill', ...(spec.options.notNull === true ? ['cutover' as const] : [])] : []
  return [...first, ...tableShards('expand', tables), ...backfilled.flatMap((phase) => tableShards(phase, tables))]
}

function tableShards(phase: WorkPhase, tables: readonly CatalogTable[]): readonly ShardPlan[] {
  return groupsOf(tables, tablesPerShard).map((group) => ({
    phase,
    stage: 1,
    scope: { schema: group[0]?.schema ?? 'public', tables: group.map((table) => table.name) },
    estimate: group.length,
  }))
}

/** Shards for what is not in the phase's shape as of now: tables born since, tables left out after a failure. */
export async function remainingColumn(spec: AddColumnSpec, phase: WorkPhase, look: Look, memo: Json): Promise<readonly ShardPlan[]> {
  const { excluded, had } = parseMemo(memo)
  const targets = await targetTables(look, spec.target, [...excluded, ...had])
  const left = phase === 'backfill' ? await tablesWithNulls(spec, look, targets.tables) : targets.tables.filter((table) => isLeft(spec, phase, targets.shapeOf(table)))
  const provision = phase === 'expand' ? await provisionOf(spec, look) : undefined
  const extended = provision === undefined || (await look.tables.read((q) => isExtended(q, provision.scope.provision.signature, extensionOf(spec).tag)))
  const first: readonly ShardPlan[] = provision === undefined || extended ? [] : [{ phase, stage: 0, scope: provision.scope, estimate: 1 }]
  return [...first, ...tableShards(phase, left)]
}

/** Tables asked in one statement whether a row of theirs lacks a value. */
const tablesAsked = 200

/** Tables that were found late, with rows from before they had the column. */
async function tablesWithNulls(spec: AddColumnSpec, look: Look, tables: readonly CatalogTable[]): Promise<readonly CatalogTable[]> {
  if (!needsBackfill(spec)) return []
  const lacking: CatalogTable[] = []
  for (const group of groupsOf(tables, tablesAsked)) {
    const column = quoteIdentifier(spec.column)
    const questions = group.map((table, n) => `select ${n}::int as n where exists (select from ${quoteTable(table)} where ${column} is null)`)
    const found = await look.tables.read((q) => q.query<{ n: number }>(questions.join(' union all ')))
    lacking.push(...found.flatMap(({ n }) => group[n] ?? []))
  }
  return lacking
}

function isLeft(spec: AddColumnSpec, phase: WorkPhase, shape: TableShape): boolean {
  const column = columnOf(shape, spec.column)
  const indexed = shape.indexes.some((index) => index.valid && index.columns.length === 1 && index.columns[0] === spec.column)
  if (phase === 'cutover') return needsBackfill(spec) && spec.options.notNull === true && column?.notNull !== true
  return column === undefined || (spec.options.index === true && !indexed)
}

/** Shards of the way back: the provisioning function first, then every table that has the column through us. */
export async function revertingColumn(spec: AddColumnSpec, look: Look, memo: Json): Promise<readonly ShardPlan[]> {
  const { excluded, had } = parseMemo(memo)
  const targets = await targetTables(look, spec.target, [...excluded, ...had])
  const tables = targets.tables.filter((table) => columnOf(targets.shapeOf(table), spec.column) !== undefined)
  const scope = 'tenants' in spec.target ? scopeOfProvision((await look.fleet()).config, spec.target.tenants) : undefined
  const touched = scope !== undefined && (await look.tables.read((q) => isTouched(q, scope.provision.signature, extensionOf(spec).tag)))
  const first: readonly ShardPlan[] = touched ? [{ phase: 'revert', stage: 0, scope, estimate: 1 }] : []
  return [...first, ...tableShards('revert', tables)]
}

function effectsOf(spec: AddColumnSpec, tables: readonly CatalogTable[], provision: Provision | undefined): readonly Effect[] {
  const effects: Effect[] = []
  if (provision !== undefined) effects.push(provisionEffect(provision))
  const [example] = tables
  if (example !== undefined) effects.push(expandEffect(spec, tables, example))
  if (example !== undefined && needsBackfill(spec)) effects.push(backfillEffect(spec, tables))
  return effects
}

function provisionEffect({ scope }: Provision): Effect {
  return {
    ...noCost,
    phase: 'expand',
    what: `extend ${scope.provision.signature}: new tenants are born in the new shape`,
    count: { value: 1, source: 'counted' },
    unit: 'functions',
    lock: 'none that blocks calls',
    seconds: [0, 1],
    undo: 'put the exact definition back',
    statements: [],
  }
}

const noCost = { cost: 0, disk: 0, secondsSource: 'guess' } as const

function expandEffect(spec: AddColumnSpec, tables: readonly CatalogTable[], example: CatalogTable): Effect {
  const indexed = spec.options.index === true
  const large = indexed ? tables.filter((table) => table.pages * 8192 > smallTable).length : 0
  const statements = addStatements(spec, quoteTable(example))
  const index = indexed ? [indexSql(spec, example.schema, example.name, large > 0 ? 'concurrently' : 'plainly')] : []
  return {
    ...noCost,
    phase: 'expand',
    what: `add ${spec.column} ${spec.type}${indexed ? ' with an index' : ''}${large > 0 ? ` (${large} built concurrently)` : ''}`,
    count: { value: tables.length, source: 'counted' },
    unit: 'tables',
    lock: `ACCESS EXCLUSIVE for milliseconds, at most 50 tables at once, lock_timeout 500 ms, retried${indexed ? '; SHARE (writers wait) while an index is built on at most 10 small tables' : ''}`,
    seconds: [tables.length * 0.0005, tables.length * (indexed ? 0.02 : 0.005) + 1],
    disk: indexed ? tables.length * 16_384 : 0,
    undo: 'drop the column; values others wrote to it are kept in the ledger',
    statements: [...statements, ...index],
  }
}

function backfillEffect(spec: AddColumnSpec, tables: readonly CatalogTable[]): Effect {
  const rows = tables.reduce((sum, table) => sum + Math.max(table.rows, 0), 0)
  return {
    ...noCost,
    phase: 'backfill',
    what: `fill ${spec.column} with ${defaultSql(spec) ?? ''}`,
    count: { value: rows, source: 'statistics' },
    unit: 'rows',
    lock: 'row locks, about 100 ms a batch',
    seconds: [rows / 80_000, rows / 5_000 + tables.length * 0.01],
    disk: rows * 64,
    undo: 'goes with the column',
    statements: [],
  }
}

function warningsOf(spec: AddColumnSpec, provision: Provision | undefined): readonly PlanWarning[] {
  if (!('tenants' in spec.target) || provision !== undefined) return []
  return [
    {
      code: 'W201',
      message: 'no provisioning function is configured: tenants born after this migration completes get the old shape',
      hint: "set tenants.provision in lockstep.config.ts, e.g. 'create_user_table(text)'",
    },
  ]
}
