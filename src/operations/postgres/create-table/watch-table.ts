import type { Json } from '../../../kernel/canonical-json.ts'
import { printTable } from '../../../kernel/identifiers.ts'
import { listed } from '../../../tenants/fleet.ts'
import { phases } from '../../operation.ts'
import type { Look, ShardPlan, Verification, VerifyScope, WorkPhase } from '../../operation.ts'
import { bornInOldShape, provisionShards } from '../../provision-steps.ts'
import { tableShards } from '../../table-scope.ts'
import { canaryKeys } from '../../table-targets.ts'
import type { CreateTableSpec } from './create-table.ts'
import { otherTables } from './plan-table.ts'
import { tableExtension } from './table-extension.ts'
import { makeable, memoForm, presentTables, wantedTables } from './wanted-tables.ts'

/** Tables that are not there: of tenants born since, or that somebody dropped. */
export async function remainingTable(
  spec: CreateTableSpec,
  phase: WorkPhase,
  look: Look,
  memo: Json,
): Promise<readonly ShardPlan[]> {
  if (phase === 'revert') return []
  const { definition } = memoForm.parse(memo)
  const isDue = phase === 'expand' || phase === 'contract'
  const extension = isDue ? tableExtension(spec, definition) : undefined
  const { missing } = await wantedTables(look, spec.target)
  const { ready } = await makeable(look, definition, missing)
  return [
    ...(await provisionShards(extension, spec.target, phase, look)),
    ...tableShards(phase, ready, await canaryKeys(look, spec.target)),
  ]
}

/** From the tables of the other templates alone: tenants whose key has no table of this one. */
export async function behindTable({ target }: CreateTableSpec, look: Look): Promise<number> {
  if ('table' in target) return (await presentTables(look, target)).length > 0 ? 0 : 1
  const fleet = await look.fleet()
  const own = new Set(fleet.tablesOf(target.tenants).map(({ key }) => key))
  const others = [...fleet.templates.keys()].filter((name) => name !== target.tenants)
  const keys = new Set(others.flatMap((name) => fleet.tablesOf(name).map(({ key }) => key)))
  return [...keys].filter((key) => !own.has(key)).length
}

/** Whatever is there by now and was not before, and the provisioning function. */
export async function revertingTable(spec: CreateTableSpec, look: Look, memo: Json): Promise<readonly ShardPlan[]> {
  const { definition, had, excluded } = memoForm.parse(memo)
  const others = new Set([...had, ...excluded])
  const ours = (await presentTables(look, spec.target)).filter((table) => !others.has(printTable(table)))
  return [
    ...(await provisionShards(tableExtension(spec, definition), spec.target, 'revert', look)),
    ...tableShards('revert', ours),
  ]
}

/** Each table that should be there, and how those that are there differ from what was declared, rights included. */
export async function* verifyTable(spec: CreateTableSpec, look: Look, scope: VerifyScope): Verification {
  const { definition, excluded } = memoForm.parse(scope.memo)
  const { missing, present } = await wantedTables(look, spec.target)
  const { ready } = await makeable(look, definition, missing)
  for (const table of ready) yield { where: printTable(table), problem: 'the table is missing' }
  const without = new Set(excluded)
  const tables = present.filter((table) => !without.has(printTable(table)))
  for (const { table, told } of await otherTables(look, definition, tables))
    yield { where: printTable(table), problem: listed(told, 5) }
  const isBorn = phases.indexOf(scope.phase) >= phases.indexOf('expand')
  yield* bornInOldShape(isBorn ? tableExtension(spec, definition) : undefined, spec.target, look)
  return { checked: tables.length, what: 'tables compared with the catalog' }
}
