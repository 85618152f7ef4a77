import { printTable, quoteTable } from '../../../kernel/identifiers.ts'
import type { Finding, Look, VerifyScope } from '../../operation.ts'
import type { TableState } from '../../table-state.ts'
import { indexesInTheWay, wantedIndexes } from './index-change.ts'
import { judgeSearches, measurementOf } from './judge-searches.ts'
import type { Measured } from './judge-searches.ts'
import { measureSearches } from './measure-searches.ts'
import { rowsOf } from './resize-effects.ts'
import { vectorColumn, vectorPath, vectorType } from './vector-change.ts'
import type { VectorChange } from './vector-change.ts'

/** Tables, the largest, of which the journal tells each by name. */
const mostTold = 20

/** With so many probes the old index is dearer than any other way, so that searches take the new one. */
const withoutOld = 'set local ivfflat.probes = 32768'

/** What the new index finds of what an exact search of the same vectors finds. Where it is the old one's kind they cannot be told apart. */
export async function* verifyIndexChange(
  change: VectorChange,
  tables: readonly TableState[],
  look: Look,
  { signal, level, measured: tell }: VerifyScope,
): AsyncGenerator<Finding> {
  if (level !== 'full') return
  const { verify = {} } = change.spec.options
  const largest = new Set(tables.toSorted((a, b) => rowsOf(b) - rowsOf(a)).slice(0, mostTold))
  for (const table of tables) {
    signal.throwIfAborted()
    const measured = await measure(change, table, look)
    if (measured === undefined) continue
    if (largest.has(table)) tell?.(measurementOf(printTable(table), measured, verify))
    for (const problem of judgeSearches(measured, verify)) yield { where: printTable(table), problem }
  }
}

async function measure(change: VectorChange, table: TableState, look: Look): Promise<Measured | undefined> {
  const [index] = wantedIndexes(change, table)
  const type = vectorType(vectorColumn(change, table)?.type)
  const isAlone = indexesInTheWay(change, table).every(({ definition }) => definition.includes(' USING ivfflat '))
  if (index === undefined || type === undefined || !isAlone) return undefined
  const place = { at: quoteTable(table), type }
  const searches = await look.tables.read(async (q) => {
    await q.script(`${vectorPath};\n${withoutOld}`)
    return measureSearches(q, { change, table, fresh: place, old: place, index: index.name }, false)
  })
  return { searches, index: index.name, dimensions: type.dimensions }
}
