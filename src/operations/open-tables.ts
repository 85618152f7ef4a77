import type { Look, WorkPhase } from './operation.ts'
import { rowsLeft } from './rows-left.ts'
import { isOpen, passesUntil } from './table-passes.ts'
import type { Openness, TablePass } from './table-passes.ts'
import type { TableState } from './table-state.ts'

/** A look, and what answers for it whether passes are open. */
export interface PassLook extends Look {
  readonly isOpenNow?: Openness
}

/** Tables for which some pass has something to do; of rows only in the phase whose work they are. */
export async function openTables(
  passes: readonly TablePass[],
  phase: WorkPhase,
  tables: readonly TableState[],
  look: PassLook,
): Promise<readonly TableState[]> {
  const due = passesUntil(passes, phase)
  const open = new Set<TableState>()
  for (const pass of due) {
    // Rows are asked only of tables that have what earlier passes give: a column may not be there yet.
    const ready = tables.filter((table) => !open.has(table))
    for (const table of await openIn(pass, ready, look)) open.add(table)
  }
  return tables.filter((table) => open.has(table))
}

/** Tables for which some pass of the steps until `phase` has something to do, as far as it can be told without a look at rows. */
export async function behindTables(
  passes: readonly TablePass[],
  phase: WorkPhase,
  tables: readonly TableState[],
  look: PassLook,
): Promise<readonly TableState[]> {
  return openTables(
    passes.filter(({ how }) => how !== 'rows'),
    phase,
    tables,
    look,
  )
}

/** The tables to which the pass still has something to give. */
export async function openIn(
  pass: TablePass,
  tables: readonly TableState[],
  look: PassLook,
): Promise<readonly TableState[]> {
  const { isOpenNow = isOpen } = look
  switch (pass.how) {
    case 'rows':
      return rowsLeft(pass, tables, look)
    case 'work':
      return tables.length === 0 ? [] : pass.left(tables, look)
    default:
      return tables.filter((table) => isOpenNow(pass, table))
  }
}

/** Planned for a phase: the tables that its own passes change. */
export function tablesOfPhase(
  passes: readonly TablePass[],
  phase: WorkPhase,
  todo: readonly TableState[],
  isOpenNow: Openness = isOpen,
): readonly TableState[] {
  const own = passes.filter((pass) => pass.phase === phase)
  return todo.filter((table) =>
    own.some((pass) => {
      if (pass.how === 'work') return true
      return pass.how === 'rows' ? pass.fill(table) !== undefined : isOpenNow(pass, table)
    }),
  )
}
