import type { ShardPlan, WorkPhase } from './operation.ts'
import type { Provision } from './provision-steps.ts'
import { isOpen } from './table-passes.ts'
import type { TablePass } from './table-passes.ts'
import { tableShards } from './table-scope.ts'
import type { TableState } from './table-state.ts'

/** Shards of what is planned: the provisioning function first, then the tables of each phase that has work. */
export function plannedShards(
  passes: readonly TablePass[],
  todo: readonly TableState[],
  provision: Provision | undefined,
  canaries: ReadonlySet<string>,
): readonly ShardPlan[] {
  const first =
    provision === undefined ? [] : [{ phase: 'expand' as const, stage: 0, scope: provision.scope, estimate: 1 }]
  const tables = (['expand', 'backfill', 'cutover'] as const).flatMap((phase) =>
    tableShards(phase, tablesOfPhase(passes, phase, todo), canaries),
  )
  return [...first, ...tables]
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
