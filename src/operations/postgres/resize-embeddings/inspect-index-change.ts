import type { Inspected, Inspection } from '../../structure-operation.ts'
import type { TableState } from '../../table-state.ts'
import { columnIn } from '../../column-pair.ts'
import { problemOf } from '../../table-problem.ts'
import { indexesInTheWay, newIndexName, wantedIndexes } from './index-change.ts'
import { indexCost } from './index-cost.ts'
import { blankDefinitions, underway } from './inspect-vectors.ts'
import type { VectorChange } from './vector-change.ts'

/** That there is an index to change in each table, and no doubt which; then what it takes to build. */
export async function inspectIndexChange(change: VectorChange, { tables, todo, look }: Inspection): Promise<Inspected> {
  const { column } = change
  const problems = [
    ...problemOf(
      'LS-2122',
      tables.filter(({ shape }) => columnIn(shape, column) === undefined),
      `there is no column "${column}"`,
      'write its name as it is stored',
    ),
    ...problemOf(
      'LS-2108',
      todo.filter((table) => indexesInTheWay(change, table).length > 1 && change.spec.options.index !== 'none'),
      `"${column}" has several approximate indexes`,
      'drop those that nobody searches by first: nothing tells which one the new index is to be like',
    ),
    ...problemOf(
      'LS-2124',
      todo.filter((table) =>
        indexesInTheWay(change, table).some(({ name, valid }) => valid && name === newIndexName(change, table)),
      ),
      'another index has the name of the new one',
      'rename it first',
    ),
    ...(await underway(change, todo, look)),
  ]
  const built = todo.filter(
    (table) => change.spec.options.index !== 'none' && wantedIndexes(change, table).length === 0,
  )
  const { warnings, effects } = await indexCost(change, built, look)
  const [sample] = todo
  return { problems, warnings, effects, ...(sample === undefined ? {} : { memo: bornWith(change, tables, sample) }) }
}

/** What tenants are born with, for those who come when the old index is gone already. */
function bornWith(
  change: VectorChange,
  tables: readonly TableState[],
  sample: TableState,
): { readonly indexes: readonly string[]; readonly everywhere: boolean } {
  return {
    indexes: blankDefinitions(sample, indexesInTheWay(change, sample)),
    everywhere: tables.every((table) => indexesInTheWay(change, table).length > 0),
  }
}
