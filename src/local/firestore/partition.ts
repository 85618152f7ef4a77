import { invalid } from './status.ts'
import { nameField } from './paths.ts'
import { isPlainScan } from './query.ts'
import type { Plan } from './query.ts'
import { scanDocuments } from './scan.ts'
import type { View } from './store.ts'

/**
 * At most `count` names that cut a collection group into ranges of equal numbers of documents, ascending, without
 * repeats. One pass over the group's names.
 */
export function partitionNames(view: View, plan: Plan, count: number): readonly string[] {
  if (count < 1) throw invalid('partition_count must be positive.')
  if (plan.scope.parent !== '') throw invalid('PartitionQuery is supported only below the root of a database.')
  if (!plan.scope.descendants)
    throw invalid('PartitionQuery requires a collection group: all_descendants must be true.')
  if (!isPlainScan(plan) || plan.orders[0]?.text !== nameField) {
    throw invalid(
      'PartitionQuery supports only a query ordered by __name__, without filters, cursors, offset and limit.',
    )
  }
  const total = view.tree(plan.scope.collectionId).size
  const parts = Math.min(count + 1, total)
  const names: string[] = []
  let at = 0
  for (const { name } of scanDocuments(view, plan.scope)) {
    if (at > 0 && at === Math.ceil(((names.length + 1) * total) / parts)) names.push(name)
    at++
    if (names.length === parts - 1) break
  }
  return names
}
