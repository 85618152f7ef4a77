import { canonicalJson } from '../../../kernel/canonical-json.ts'
import type { Json } from '../../../kernel/canonical-json.ts'
import { md5 } from '../../../kernel/checksum.ts'
import { LockstepError, throwAll } from '../../../kernel/errors.ts'
import { printTable } from '../../../kernel/identifiers.ts'
import type { CatalogTable } from '../../../tenants/catalog.ts'
import { listed } from '../../../tenants/fleet.ts'
import { unprovisioned } from '../../born-tenants.ts'
import type { Effect, LeftOut, Look, PlanWarning, StepPlan } from '../../operation.ts'
import { provisionOf } from '../../provision-steps.ts'
import { provisionEffect } from '../../table-effects.ts'
import { tableShards } from '../../table-scope.ts'
import type { PlacedTable } from '../../table-scope.ts'
import { canaryKeys, tenantsIn } from '../../table-targets.ts'
import { differences } from './compare-table.ts'
import type { CreateTableSpec } from './create-table.ts'
import { resolveTable } from './resolve-table.ts'
import type { TableDefinition } from './table-definition.ts'
import { tableStatements } from './table-sql.ts'
import { tableWarnings } from './table-warnings.ts'
import { rendered } from './template.ts'
import { exampleTable, foreignTables, makeable, wantedTables } from './wanted-tables.ts'

/** What is to be made, with what rights, and what stands there already. Throws where a table of the name is another one. */
export async function planTable(spec: CreateTableSpec, look: Look): Promise<StepPlan> {
  const example = await exampleTable(look, spec.target)
  const { definition, problems } = await look.tables.read((q) => resolveTable(q, spec, example))
  throwAll(problems)
  const { missing, present, orphans } = await wantedTables(look, spec.target)
  const other = await otherTables(look, definition, present)
  await refuseOthers(spec, look, other)
  const { ready, waiting } = await makeable(look, definition, missing)
  const provision = await provisionOf(spec.target, look)
  const leftOut = [
    ...orphans.map((table) => leave(table, 'it belongs to no tenant')),
    ...other.map(({ table, told }) => leave(table, `it is another table: ${listed(told, 3)}`)),
  ]
  const isOther = new Set(other.map(({ table }) => table))
  return {
    summary: `create ${'tenants' in spec.target ? `${ready.length} ${spec.target.tenants} tables` : `table ${spec.target.table}`}`,
    effects: [
      ...(provision === undefined ? [] : [provisionEffect(provision, 'expand')]),
      ...(ready.length === 0 ? [] : [effectOf(definition, ready)]),
    ],
    shards: [
      ...(provision === undefined ? [] : [{ phase: 'expand' as const, stage: 0, scope: provision.scope, estimate: 1 }]),
      ...tableShards('expand', ready, await canaryKeys(look, spec.target)),
    ],
    warnings: [
      ...unprovisioned(spec.target, true, provision),
      ...leftOutWarnings(orphans, other, waiting),
      ...(await look.tables.read((q) => tableWarnings(q, definition, example))),
    ],
    leftOut: [...leftOut, ...waiting.map((table) => leave(table, 'what it is to refer to is not there'))],
    basis: {
      definition: md5(canonicalJson(plain(definition))),
      provision: provision?.hash ?? null,
      isMissing: ready.length > 0,
    },
    memo: {
      definition: plain(definition),
      had: present.filter((table) => !isOther.has(table)).map(printTable),
      excluded: leftOut.map(({ name }) => name),
    },
  }
}

/** As the ledger keeps it. */
function plain(definition: TableDefinition): Json {
  return JSON.parse(JSON.stringify(definition)) as Json
}

function leave(table: PlacedTable, why: string): LeftOut {
  return { name: printTable(table), why }
}

interface OtherTable {
  readonly table: CatalogTable
  readonly told: readonly string[]
}

/** Tables of the name that are not as wanted; those of equal shape are looked at once. */
export async function otherTables(
  look: Look,
  definition: TableDefinition,
  present: readonly CatalogTable[],
): Promise<readonly OtherTable[]> {
  const known = new Map<string, readonly string[]>()
  const others: OtherTable[] = []
  for (const table of present) {
    const told = known.get(table.shape) ?? (await look.tables.read((q) => differences(q, definition, table))) ?? []
    known.set(table.shape, told)
    if (told.length > 0) others.push({ table, told })
  }
  return others
}

async function refuseOthers({ target }: CreateTableSpec, look: Look, other: readonly OtherTable[]): Promise<void> {
  const isStrict = 'table' in target || (await tenantsIn(look)).mismatches === 'error'
  const [first] = other
  if (first === undefined || !isStrict) return
  throw new LockstepError(
    'LS-2126',
    `${other.length === 1 ? `table ${printTable(first.table)} exists` : `${other.length} tables exist`} with another definition: ${listed(first.told, 5)}`,
    {
      where: { name: listed(other.map(({ table }) => printTable(table))) },
      why: 'a table of the very same definition would count as made',
      hint: 'use another name, bring the table and the step into line, or drop what nobody needs',
    },
  )
}

function leftOutWarnings(
  orphans: readonly CatalogTable[],
  other: readonly OtherTable[],
  waiting: readonly PlacedTable[],
): readonly PlanWarning[] {
  const warnings: PlanWarning[] = []
  const [first] = other
  if (orphans.length > 0)
    warnings.push({
      code: 'W202',
      message: `${orphans.length} tables belong to no tenant: ${listed(orphans.map(printTable))}`,
      hint: 'they are left as they are',
    })
  if (first !== undefined)
    warnings.push({
      code: 'W204',
      message: `left out: ${other.length} tables exist with another definition: ${listed(first.told, 3)} (${listed(other.map(({ table }) => printTable(table)))})`,
      hint: 'mend them, then plan again; --strict stops here instead',
    })
  if (waiting.length > 0)
    warnings.push({
      code: 'W204',
      message: `left out: ${waiting.length} tenants have not the table that a foreign key is to refer to (${listed(waiting.map(printTable))})`,
      hint: 'provision them; they get this table then',
    })
  return warnings
}

function effectOf(definition: TableDefinition, tables: readonly PlacedTable[]): Effect {
  const references = [...new Set(foreignTables(definition))]
  const [example] = tables
  const { make, refer } = tableStatements(definition)
  return {
    phase: 'expand',
    what: 'create the table, with its rights and row security in the same transaction',
    count: { value: tables.length, source: 'counted' },
    unit: 'tables',
    lock:
      references.length === 0
        ? 'none on what is there'
        : `SHARE ROW EXCLUSIVE on ${listed(references)} for milliseconds, lock_timeout 500 ms, retried`,
    seconds: [tables.length * 0.002, tables.length * 0.02 + 1],
    secondsSource: 'guess',
    cost: 0,
    disk: tables.length * 8192 * (1 + definition.indexes.length + definition.constraints.length),
    undo: 'drop it; one that holds rows is kept in schema lockstep',
    statements: example === undefined ? [] : [...make, ...refer].map((each) => rendered(each, { ...example })),
  }
}
