import { printTable, quoteIdentifier, quoteTable } from '../../../kernel/identifiers.ts'
import type { Queryable } from '../../../stores/tables.ts'
import type { TableShape } from '../../../tenants/catalog.ts'
import { applyPasses } from '../../apply-passes.ts'
import { downSql, upSql } from '../../column-pair.ts'
import { madeAnew, shapesBefore } from '../../column-restore.ts'
import type { Checkpoint, TableHands, Work } from '../../operation.ts'
import { walkingKey } from '../../row-pages.ts'
import { tablesScope } from '../../table-scope.ts'
import { tableStates } from '../../table-state.ts'
import type { TableState } from '../../table-state.ts'
import { pairsOf, stateOfSwap } from './swap.ts'
import type { Swap } from './swap.ts'
import { swapPasses } from './swap-passes.ts'
import { retypeSql, sequenceTypeSql, spelled } from './swap-sql.ts'

/**
 * The way back of an exchange. Where contract took the old column away already, or a tenant was born without one, the
 * column takes the old type where it is, with the values that were kept; its writers wait meanwhile.
 */
export async function* revertSwap(swap: Swap, work: Work<unknown>, hands: TableHands): AsyncGenerator<Checkpoint> {
  const scope = tablesScope.parse(work.scope)
  const states = await hands.tables.read((q) => tableStates(q, scope, scope.tables))
  const done = states.filter((table) => stateOfSwap(swap, table) === 'done')
  const before = await shapesBefore(hands, done)
  for (const table of done) {
    const { name } = table
    const shape = before.get(printTable(table))
    yield await hands.change({
      names: [name],
      cursor: { retyped: name },
      long: true,
      work: async (q) => {
        const [now] = await tableStates(q, scope, [name])
        if (now !== undefined && stateOfSwap(swap, now) === 'done') await retype(q, { swap, now, shape, hands })
        return []
      },
    })
  }
  yield* applyPasses(work, hands, swapPasses(swap))
}

interface Retyping {
  readonly swap: Swap
  readonly now: TableState
  /** Before the step; undefined of a table that was born since. */
  readonly shape: TableShape | undefined
  readonly hands: TableHands
}

/** In one transaction. */
async function retype(q: Queryable, { swap, now, shape, hands }: Retyping): Promise<void> {
  const { after } = pairsOf(swap)
  const table = quoteTable(now)
  const [column, old] = [quoteIdentifier(swap.column), quoteIdentifier(after.old)]
  await q.script(`lock table ${table} in access exclusive mode;
alter table ${table} add column ${old} ${swap.from};
update ${table} set ${old} = ${downSql(after)}`)
  await hands.restoreValues(q, {
    table: now,
    key: walkingKey(now.shape),
    column: after.old,
    knownAs: swap.column,
    where: `${column} is not distinct from ${upSql(after)}`,
  })
  await q.script(
    [
      retypeSql(spelled(now), { column: swap.column, to: swap.from, value: after.down, using: old }),
      `alter table ${table} drop column ${old}`,
      sequenceTypeSql(spelled(now).literal, swap.column, { from: swap.to, to: swap.from }),
      // What was left behind at the exchange went with the column of the old type.
      ...(shape === undefined ? [] : madeAnew(now, shape, swap.column)),
    ].join(';\n'),
  )
}
