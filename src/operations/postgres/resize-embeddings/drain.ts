import { quoteTable } from '../../../kernel/identifiers.ts'
import type { Queryable } from '../../../stores/tables.ts'
import type { TableHands } from '../../operation.ts'
import type { TableWork } from '../../work-passes.ts'
import { embedMissing } from './embed-missing.ts'
import { isTaken, mirrorChanges, noteLacking, pendingChanges, rowsAtOnce } from './mirror.ts'
import type { Mirroring } from './mirror.ts'

/** Rounds after which the switch does the rest: clients that write without pause would be followed for ever. */
const mostRounds = 10

/** Changes that are few enough to be carried over under the switch's lock. */
const few = 50

export interface DrainedBy {
  /** The configured embedder for rows whose text changed; none leaves those without a vector, and noted. */
  readonly name: string | undefined
  /** Where rows without a vector are, quoted. */
  readonly place: string
}

/** Carries noted changes over to the twin and embeds what needs it, until only few are left or others write too fast. */
export async function drain(working: TableWork, mirroring: Mirroring, by: DrainedBy): Promise<void> {
  const { hands, table } = working
  for (let round = 0; round < mostRounds; round++) {
    const pending = await hands.tables.read((q) => pendingChanges(q, table))
    if (pending > 0) await mirrorOnce(hands, mirroring)
    await embedLeft(working, mirroring, by)
    if (pending <= few) return
  }
}

async function mirrorOnce(hands: TableHands, mirroring: Mirroring): Promise<void> {
  const carry = (most: number | undefined): Promise<unknown> =>
    hands.change({
      names: [mirroring.table.name],
      cursor: undefined,
      long: true,
      work: async (q) => {
        await oneSnapshot(q)
        await mirrorChanges(q, mirroring, most)
        return []
      },
    })
  try {
    await carry(rowsAtOnce)
  } catch (error) {
    // A unique value went from a row that is not among these to one that is: all of them together fit.
    if (!isTaken(error)) throw error
    await carry(undefined)
  }
}

/** The first statement of a transaction: all that follow see one and the same moment. */
export function oneSnapshot(q: Queryable): Promise<void> {
  return q.script('set transaction isolation level repeatable read')
}

/** Looks after which rows whose keys go on changing are left without a vector, and listed. */
const mostLooks = 5

/**
 * Embeds the rows of the app's table that are without a vector, where there is an embedder. They are noted by their keys:
 * one that got another key meanwhile is looked for again.
 */
export async function embedAll(working: TableWork, mirroring: Mirroring, name: string | undefined): Promise<void> {
  const { hands, table } = working
  if (name === undefined) return
  for (let look = 0; look < mostLooks; look++) {
    await embedLeft(working, mirroring, { name, place: quoteTable(table) })
    let found = 0
    await hands.change({
      names: [table.name],
      cursor: undefined,
      long: true,
      work: async (q) => {
        found = await noteLacking(q, mirroring)
        return []
      },
    })
    if (found === 0) return
  }
}

/** Embeds what is noted as missing, where there is an embedder. */
export async function embedLeft(
  { hands, work, table }: TableWork,
  { change }: Mirroring,
  { name, place }: DrainedBy,
): Promise<void> {
  if (name === undefined || change.spec.options.from === undefined) return
  const embedder = await hands.embedder(name)
  await embedMissing(hands, work.signal, { change, table, place, embedder, dimensions: embedder.model.dimensions })
}
