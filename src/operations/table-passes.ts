import type { Json } from '../kernel/canonical-json.ts'
import type { LockstepError } from '../kernel/errors.ts'
import type { Queryable } from '../stores/tables.ts'
import { phases } from './operation.ts'
import type { KeptValues } from './kept-values.ts'
import type { WorkPhase } from './operation.ts'
import type { RowFill } from './row-pages.ts'
import type { TableState } from './table-state.ts'
import type { WorkPass } from './work-passes.ts'

export interface PassBase {
  /** Tells the passes of an operation apart, in cursors too. */
  readonly name: string
  /** The phase from which on a table has to have it. A table found late catches up with all earlier ones. */
  readonly phase: WorkPhase
  /** For the plan, in the imperative: `add the check, not yet valid`. */
  readonly what: string
  /** For the plan: the strongest lock and for how long. */
  readonly lock: string
  /** For the plan: what `down` does about it. */
  readonly undo: string
  /** For verification, as what is wrong with a table: `column language is missing`. */
  readonly lacking: string
}

export interface Refusal {
  readonly error: LockstepError
  /** Statements that take away what a failed concurrent build left. */
  readonly leftovers?: readonly string[]
}

/** Tables of at most so many bytes, or of more; with `lone` one with partitions or heirs is among the larger ones. */
export type Sizes = ({ readonly most: number } | { readonly over: number }) & { readonly lone?: boolean }

export type Sized = Pick<TableState, 'bytes' | 'parent'>

/** A change of the catalog, decided for each table from its state alone. */
export interface CatalogPass extends PassBase {
  /**
   * `together`: many tables in one transaction, no row is read. `one by one`: a transaction for each table over 1 MiB,
   * in which the whole of it may be read; smaller ones share theirs, unless values are kept. `concurrently`: outside of
   * any transaction.
   */
  readonly how: 'together' | 'one by one' | 'concurrently'
  /** What is left to do for the table once all earlier passes are done; none where it has what this one gives. */
  readonly statements: (table: TableState) => readonly string[]
  /** Values that are copied into the ledger before the statements take them away, in the same transaction. */
  readonly keeps?: (table: TableState) => KeptValues | undefined
  /** More of what a table was, read in the transaction before the statements, for its pre-image. */
  readonly also?: (q: Queryable, table: TableState) => Promise<{ readonly [key: string]: Json }>
  /** The tables that it is for; others need nothing of it. */
  readonly sizes?: Sizes
  /** Tables that change together at most, where each holds its lock for longer than a catalog change. */
  readonly atOnce?: number
  /** Bytes that tables which change together have at most, where each is read as a whole. */
  readonly bytesAtOnce?: number
  /** Lock slots that a table takes, those of its indexes, sequences and toast table included. Default 4. */
  readonly locks?: number
  /** What the server's refusal means to the user; undefined where its own words say enough. */
  readonly refused?: (table: TableState, error: unknown) => Refusal | undefined
  /** For the plan: bytes that it adds to these tables. */
  readonly grows?: (tables: readonly TableState[]) => number
}

/** A change of rows, batch by batch in the order of the primary key. */
export interface RowPass extends PassBase {
  readonly how: 'rows'
  /** Undefined where the table has no rows to change any more. */
  readonly fill: (table: TableState) => RowFill | undefined
}

export type TablePass = CatalogPass | RowPass | WorkPass

/** Passes that a table has to have had in a phase: its own and those before it. The way back has only its own. */
export function passesUntil(passes: readonly TablePass[], phase: WorkPhase): readonly TablePass[] {
  if (phase === 'revert') return passes.filter((pass) => pass.phase === 'revert')
  const now = phases.indexOf(phase)
  return passes.filter((pass) => pass.phase !== 'revert' && phases.indexOf(pass.phase) <= now)
}

/**
 * A phase whose sweeps are for tables that were born meanwhile. In expand the others were looked at by the plan, and
 * verification looks at all of them again; in a phase without work of its own they were when the phase before it ended.
 * In a cutover that changes the catalog alone each was looked at by the very transaction that changed it.
 */
export function isCatchingUp(passes: readonly TablePass[], phase: WorkPhase): boolean {
  const own = passes.filter((pass) => pass.phase === phase)
  switch (phase) {
    case 'expand':
      return true
    case 'backfill':
      return own.length === 0
    case 'cutover':
      return own.every(({ how }) => how === 'together' || how === 'one by one')
    default:
      return false
  }
}

/** Whether the pass is for such tables. */
export function isOfSize({ sizes }: Pick<CatalogPass, 'sizes'>, { bytes, parent }: Sized): boolean {
  if (sizes === undefined) return true
  const isOver = bytes > ('most' in sizes ? sizes.most : sizes.over) || (sizes.lone === true && parent)
  return 'most' in sizes ? !isOver : isOver
}

/** Whether the catalog shows that the pass has something to do; rows are not looked at. */
export function isOpen(pass: TablePass, table: TableState): boolean {
  if (pass.how === 'rows' || pass.how === 'work') return false
  return isOfSize(pass, table) && pass.statements(table).length > 0
}

export type Openness = typeof isOpen

/** The same, asked once of each pass and table: what is planned asks it of every table of a fleet again and again. */
export function createOpenness(): Openness {
  const known = new Map<TablePass, Map<TableState, boolean>>()
  return (pass, table) => {
    const tables = known.get(pass) ?? new Map<TableState, boolean>()
    const found = tables.get(table) ?? isOpen(pass, table)
    known.set(pass, tables.set(table, found))
    return found
  }
}
