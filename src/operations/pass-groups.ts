import type { CatalogPass } from './table-passes.ts'
import { smallTable } from './table-state.ts'
import type { TableState } from './table-state.ts'

/** Commits dominate below, lock slots and their holding time above: measured in the research on fan-out. */
const mostTogether = 50

/** Slots of the server's lock table that one transaction takes at most: 3 % of 64 × 100, the default settings. */
const slotsAtOnce = 200

/** Whether it takes so short that the table shares its transaction with others. */
export function isShared(pass: Pick<CatalogPass, 'how' | 'keeps'>, { bytes }: Pick<TableState, 'bytes'>): boolean {
  return pass.how === 'together' || (pass.how === 'one by one' && pass.keeps === undefined && bytes <= smallTable)
}

/** Tables that change in one transaction, in order. */
export function passGroups<Table extends Pick<TableState, 'bytes'>>(
  pass: CatalogPass,
  tables: readonly Table[],
): readonly (readonly Table[])[] {
  const most = Math.max(1, Math.floor(Math.min(pass.atOnce ?? mostTogether, slotsAtOnce / (pass.locks ?? 4))))
  const { bytesAtOnce = Infinity } = pass
  const groups: Table[][] = []
  let bytes = 0
  for (const table of tables) {
    const last = groups.at(-1)
    const isJoining =
      last !== undefined &&
      last.length < most &&
      bytes + table.bytes <= bytesAtOnce &&
      [...last.slice(0, 1), table].every((each) => isShared(pass, each))
    bytes = isJoining ? bytes + table.bytes : table.bytes
    if (isJoining) last.push(table)
    else groups.push([table])
  }
  return groups
}
