import type { Json } from '../../../kernel/canonical-json.ts'
import { quoteIdentifier, quoteTable } from '../../../kernel/identifiers.ts'
import type { CatalogTable, TableShape } from '../../../tenants/catalog.ts'
import type { Look, ShardPlan, WorkPhase } from '../../operation.ts'
import { isExtended, isTouched, scopeOfProvision } from '../../provisioning.ts'
import { groupsOf, targetTables } from '../../table-targets.ts'
import type { AddColumnSpec } from './add-column.ts'
import { extensionOf, needsBackfill } from './column-sql.ts'
import { columnOf, parseMemo, provisionOf, tableShards } from './plan-column.ts'

/** Shards for what is not in the phase's shape as of now: tables born since, tables left out after a failure. */
export async function remainingColumn(
  spec: AddColumnSpec,
  phase: WorkPhase,
  look: Look,
  memo: Json,
): Promise<readonly ShardPlan[]> {
  const { excluded, had } = parseMemo(memo)
  const targets = await targetTables(look, spec.target, [...excluded, ...had])
  const left =
    phase === 'backfill'
      ? await tablesWithNulls(spec, look, targets.tables)
      : targets.tables.filter((table) => isLeft(spec, phase, targets.shapeOf(table)))
  const provision = phase === 'expand' || phase === 'contract' ? await provisionOf(spec, look) : undefined
  const extended =
    provision === undefined ||
    (await look.tables.read((q) => isExtended(q, provision.scope.provision.signature, extensionOf(spec).tag)))
  const first: readonly ShardPlan[] =
    provision === undefined || extended ? [] : [{ phase, stage: 0, scope: provision.scope, estimate: 1 }]
  return [...first, ...tableShards(phase, left)]
}

/** Tables asked in one statement whether a row of theirs lacks a value. */
const tablesAsked = 200

/** Tables that were found late, with rows from before they had the column. */
export async function tablesWithNulls(
  spec: AddColumnSpec,
  look: Look,
  tables: readonly CatalogTable[],
): Promise<readonly CatalogTable[]> {
  if (!needsBackfill(spec)) return []
  const lacking: CatalogTable[] = []
  for (const group of groupsOf(tables, tablesAsked)) {
    const column = quoteIdentifier(spec.column)
    const questions = group.map(
      (table, n) => `select ${n}::int as n where exists (select from ${quoteTable(table)} where ${column} is null)`,
    )
    const found = await look.tables.read((q) => q.query<{ n: number }>(questions.join(' union all ')))
    lacking.push(...found.flatMap(({ n }) => group[n] ?? []))
  }
  return lacking
}

function isLeft(spec: AddColumnSpec, phase: WorkPhase, shape: TableShape): boolean {
  const column = columnOf(shape, spec.column)
  const indexed = shape.indexes.some(
    (index) => index.valid && index.columns.length === 1 && index.columns[0] === spec.column,
  )
  if (phase === 'cutover') return needsBackfill(spec) && spec.options.notNull === true && column?.notNull !== true
  return column === undefined || (spec.options.index === true && !indexed)
}

/** Tables that fell behind since, from the fleet alone. */
export async function behindColumn(spec: AddColumnSpec, look: Look, memo: Json): Promise<number> {
  const { excluded, had } = parseMemo(memo)
  const targets = await targetTables(look, spec.target, [...excluded, ...had])
  return targets.tables.filter((table) => isLeft(spec, 'contract', targets.shapeOf(table))).length
}

/** Shards of the way back: the provisioning function first, then every table that has the column through us. */
export async function revertingColumn(spec: AddColumnSpec, look: Look, memo: Json): Promise<readonly ShardPlan[]> {
  const { excluded, had } = parseMemo(memo)
  const targets = await targetTables(look, spec.target, [...excluded, ...had])
  const tables = targets.tables.filter((table) => columnOf(targets.shapeOf(table), spec.column) !== undefined)
  const scope =
    'tenants' in spec.target ? scopeOfProvision((await look.fleet()).config, spec.target.tenants) : undefined
  const touched =
    scope !== undefined &&
    (await look.tables.read((q) => isTouched(q, scope.provision.signature, extensionOf(spec).tag)))
  const first: readonly ShardPlan[] = touched ? [{ phase: 'revert', stage: 0, scope, estimate: 1 }] : []
  return [...first, ...tableShards('revert', tables)]
}
