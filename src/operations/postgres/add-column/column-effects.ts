import { quoteTable } from '../../../kernel/identifiers.ts'
import type { CatalogTable } from '../../../tenants/catalog.ts'
import type { Effect, PlanWarning } from '../../operation.ts'
import type { AddColumnSpec } from './add-column.ts'
import { addStatements, defaultSql, indexSql, needsBackfill, smallTable } from './column-sql.ts'
import type { Provision } from './plan-column.ts'

/** What the step does, phase by phase, for the plan. */
export function effectsOf(
  spec: AddColumnSpec,
  tables: readonly CatalogTable[],
  provision: Provision | undefined,
): readonly Effect[] {
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

/** What the team should know before it runs. */
export function warningsOf(spec: AddColumnSpec, provision: Provision | undefined): readonly PlanWarning[] {
  if (!('tenants' in spec.target) || provision !== undefined) return []
  return [
    {
      code: 'W201',
      message: 'no provisioning function is configured: tenants born after this migration completes get the old shape',
      hint: "set tenants.provision in lockstep.config.ts, e.g. 'create_user_table(text)'",
    },
  ]
}
