import { printTable, quoteIdentifier } from '../../../kernel/identifiers.ts'
import type { Queryable } from '../../../stores/tables.ts'
import type { Look, VerifyScope } from '../../operation.ts'
import type { TableState } from '../../table-state.ts'
import { askGolden } from './golden-queries.ts'
import { indexUse } from './index-use.ts'
import type { VectorIndexShape } from './index-use.ts'
import { judgeSearches, measurementOf } from './judge-searches.ts'
import type { Measured } from './judge-searches.ts'
import { measureSearches } from './measure-searches.ts'
import type { Measuring } from './measure-searches.ts'
import { rowsOf } from './resize-effects.ts'
import { refusal, searchSql } from './search.ts'
import type { Place } from './search.ts'
import { vectorPath } from './vector-change.ts'
import type { VectorChange } from './vector-change.ts'
import { usualChecks } from './vector-checks.ts'

/** Tables, the largest, whose searches are timed and compared: of the others only the index is looked at. */
const mostTimed = 20

export interface SearchedTable {
  readonly table: TableState
  readonly fresh: Place
  readonly old: Place
}

export interface SearchChecks {
  /** Measures one table and says what is not good enough. */
  check(searched: SearchedTable): Promise<readonly string[]>
  /** Tells of those tables that are not told of one by one. */
  finish(): void
}

/** Checks of how the new vectors are searched: what was measured goes to the journal, some tables by name. */
export function createSearchChecks(
  change: VectorChange,
  tables: readonly TableState[],
  look: Look,
  scope: Pick<VerifyScope, 'signal' | 'measured'>,
): SearchChecks {
  const largest = new Set(tables.toSorted((a, b) => rowsOf(b) - rowsOf(a)).slice(0, mostTimed))
  const checks = change.spec.options.verify ?? {}
  const others = { tables: 0, recall: 1, ties: 0 }
  return {
    async check(searched) {
      const wide = largest.has(searched.table)
      const measured = await measure(change, searched, { look, scope, wide })
      if (typeof measured === 'string') return [measured]
      if (wide || measured.golden !== undefined)
        scope.measured?.(measurementOf(printTable(searched.table), measured, checks))
      else if (measured.index !== undefined) {
        others.tables++
        others.recall = Math.min(others.recall, measured.searches.recall ?? 1)
        others.ties += measured.searches.ties ?? 0
      }
      return judgeSearches(measured, checks)
    },
    finish() {
      if (others.tables === 0) return
      const { recall: least = usualChecks.recall, k = usualChecks.k } = checks
      scope.measured?.({
        where: `${others.tables} smaller tables`,
        text: `recall@${k} at least ${others.recall.toFixed(3)} (${least} asked for, ${others.ties} ties)`,
        figures: { ...others, recallLeast: least, k },
      })
    },
  }
}

interface Asked {
  readonly look: Look
  readonly scope: Pick<VerifyScope, 'signal' | 'measured'>
  readonly wide: boolean
}

/** A text where the table cannot be searched as it should be. */
async function measure(change: VectorChange, searched: SearchedTable, asked: Asked): Promise<Measured | string> {
  const { table, fresh, old } = searched
  const { look, scope, wide } = asked
  try {
    const found = await look.tables.read(async (q) => {
      await q.script(vectorPath)
      const index = await vectorIndex(q, change, fresh.at)
      if (index?.valid === false) return `its index ${index.name} is not valid`
      const measuring: Measuring = { change, table, fresh, old, index: index?.name }
      const searches = await measureSearches(q, measuring, wide)
      return { searches, index: index?.name, use: index && (await useOf(q, change, searched, index)) }
    })
    if (typeof found === 'string') return found
    return {
      ...found,
      dimensions: fresh.type.dimensions,
      golden: await askGolden(change, table, fresh, { look, signal: scope.signal }),
    }
  } catch (error) {
    const said = change.spec.options.verify?.query === undefined ? undefined : refusal(error)
    if (said === undefined) throw error
    return `its query fails with the new vectors: ${said}`
  }
}

async function vectorIndex(
  q: Queryable,
  { column }: VectorChange,
  place: string,
): Promise<(VectorIndexShape & { readonly valid: boolean }) | undefined> {
  const [index] = await q.query<VectorIndexShape & { readonly valid: boolean }>(
    `select i.relname as name, x.indisvalid as valid, pg_catalog.pg_get_indexdef(i.oid) as definition
     from pg_catalog.pg_index x join pg_catalog.pg_class i on i.oid = x.indexrelid join pg_catalog.pg_am m on m.oid = i.relam
     where x.indrelid = $1::regclass and m.amname in ('hnsw', 'ivfflat') and pg_catalog.strpos(pg_catalog.pg_get_indexdef(i.oid), pg_catalog.quote_ident($2)) > 0 limit 1`,
    [place, column],
  )
  return index
}

/** Of the app's own query, where it is known. */
async function useOf(
  q: Queryable,
  change: VectorChange,
  { table, fresh }: SearchedTable,
  index: VectorIndexShape,
): Promise<Measured['use']> {
  if (change.spec.options.verify?.query === undefined) return undefined
  const [row] = await q.query<{ vector: string }>(
    `select ${quoteIdentifier(change.column)}::text as vector from ${fresh.at} where ${quoteIdentifier(change.column)} is not null limit 1`,
  )
  if (row === undefined) return undefined
  const search = { sql: searchSql(change, table, fresh, true), vector: row.vector, column: change.column }
  return indexUse(q, index, search)
}
