import { derivedName, quoteIdentifier } from '../../../kernel/identifiers.ts'
import type { TableTarget } from '../../../tenants/tenants-config.ts'
import { columnIn } from '../../column-pair.ts'
import type { ColumnPair } from '../../column-pair.ts'
import type { LossKind } from '../../column-pair-scan.ts'
import { hiddenColumn } from '../../column-removal.ts'
import { tagOfSpec } from '../../step-target.ts'
import type { TableState } from '../../table-state.ts'

/**
 * A column that gets another type under its own name: a second column beside it, hidden, takes its name in the cutover
 * and leaves it the hidden place.
 */
export interface Swap {
  readonly target: TableTarget
  readonly column: string
  /** As the catalog prints them. */
  readonly from: string
  readonly to: string
  /** SQL over the row in which the column has the old value, or the new one; undefined where the cast is all. */
  readonly up: string | undefined
  readonly down: string | undefined
  readonly accept: readonly LossKind[]
  /** Indexes and constraints of the column, by name, that go with the old type. */
  readonly leave: readonly string[]
}

export function swapTag(swap: Swap): string {
  return tagOfSpec('convertColumn in place', swap)
}

/** What the names of all new columns begin with until their cutover. */
export const youngPrefix = 'lockstep_new_'

/** What the new column is called until the cutover, and the old one from then on. */
export function hiddenNames(swap: Swap): { readonly young: string; readonly old: string } {
  const tag = swapTag(swap)
  return {
    young: derivedName('lockstep_new', swap.column, tag),
    old: derivedName('lockstep_old', swap.column, tag),
  }
}

/** What the new column's index or constraint is called until the cutover, and the old one's from then on. */
export function besideName(swap: Swap, name: string): string {
  return derivedName(name, 'new', swapTag(swap))
}

export function pastName(swap: Swap, name: string): string {
  return derivedName(name, 'old', swapTag(swap))
}

/** Both columns as they are until the cutover, and from then on. */
export function pairsOf(swap: Swap): { readonly before: ColumnPair; readonly after: ColumnPair } {
  const { column, from, to, up, down, leave } = swap
  const { young, old } = hiddenNames(swap)
  const name = quoteIdentifier(column)
  const shared = {
    type: to,
    default: null,
    leave,
    tag: swapTag(swap),
    called: (each: string) => besideName(swap, each),
  }
  return {
    before: {
      ...shared,
      old: column,
      new: young,
      up: up ?? name,
      down: down === undefined ? `${quoteIdentifier(young)}::${from}` : inTheNameOf(down, young, column),
    },
    after: {
      ...shared,
      old,
      new: column,
      up: up === undefined ? quoteIdentifier(old) : inTheNameOf(up, old, column),
      down: down ?? `${name}::${from}`,
    },
  }
}

/** The expression over a row in which another column holds the value that it speaks of: the inner name goes first. */
function inTheNameOf(sql: string, holder: string, column: string): string {
  return `(select ${sql} from (select ${quoteIdentifier(holder)} as ${quoteIdentifier(column)}) lockstep_value)`
}

/**
 * `before`: nothing is done; `beside`: the hidden new column is there; `swapped`: the column has the new type, the old
 * one is hidden; `leaving`: that one is on its way out of a large table; `done`: it is gone; `other`: none of ours.
 */
export type SwapState = 'before' | 'beside' | 'swapped' | 'leaving' | 'done' | 'other'

export function stateOfSwap(swap: Swap, { shape }: TableState): SwapState {
  const { young, old } = hiddenNames(swap)
  const type = columnIn(shape, swap.column)?.type
  if (type === undefined) return 'other'
  if (columnIn(shape, young) !== undefined) return 'beside'
  if (columnIn(shape, old) !== undefined) return 'swapped'
  if (columnIn(shape, leavingColumn(swap)) !== undefined) return 'leaving'
  if (type === swap.to) return 'done'
  return type === swap.from ? 'before' : 'other'
}

/** What a large table's old column is called while it is read for the last time. */
export function leavingColumn(swap: Swap): string {
  return hiddenColumn(hiddenNames(swap).old, swapTag(swap))
}
