import { printTable, quoteIdentifier, quoteTable } from '../../../kernel/identifiers.ts'
import type { Queryable } from '../../../stores/tables.ts'
import type { Finding, Look, VerifyScope } from '../../operation.ts'
import type { TableState } from '../../table-state.ts'
import { hasView } from './both-view.ts'
import { replacedFunctions } from './inspect-functions.ts'
import { lacksVector, carriedColumns } from './mirror.ts'
import { isNear, nearness, wrongModel } from './probe.ts'
import type { Probed } from './probe.ts'
import {
  hasKey,
  keyText,
  knownAs,
  nextSchema,
  pastSchema,
  twinIn,
  typeAfter,
  vectorColumn,
  vectorPath,
  vectorType,
} from './vector-change.ts'
import type { VectorChange } from './vector-change.ts'
import { notedChanges } from './vector-store.ts'
import type { NotedChange } from './vector-store.ts'
import { createSearchChecks } from './verify-searches.ts'
import type { SearchedTable } from './verify-searches.ts'

/** Vectors looked at for their length, and how far it may be from 1. */
const normsAsked = 200
const normError = { vector: 1e-3, halfvec: 1e-2 } as const

/** Texts that are embedded anew by the model itself, which costs each time, and of how many tables. */
const probes = 21
const mostProbed = 3

/** Row by row against the twin, as of one moment, but for rows whose change is noted and not carried over yet. */
export async function* verifyVectors(
  change: VectorChange,
  tables: readonly TableState[],
  look: Look,
  scope: VerifyScope,
): AsyncGenerator<Finding> {
  const { signal, level } = scope
  const { changes } = await look.tables.read((q) => notedChanges(q, tables, change.column))
  const searches = createSearchChecks(change, tables, look, scope)
  const each = Math.ceil(probes / Math.min(mostProbed, tables.length))
  let probed = 0
  for (const table of tables) {
    const noted = changes.get(printTable(table))
    if (noted === undefined || noted.change !== change.tag || noted.stage === 'captured') continue
    signal.throwIfAborted()
    const sides = sidesOf(table, noted)
    const problems = await look.tables.read(async (q) => {
      await q.script(vectorPath)
      return [...(await differences(q, change, table, sides)), ...(await badVectors(q, change, table, sides))]
    })
    for (const problem of problems) yield { where: printTable(table), problem }
    if (level !== 'full') continue
    const searched = searchedIn(change, table, sides, noted)
    const weak = searched === undefined ? [] : await searches.check(searched)
    for (const problem of weak) yield { where: printTable(table), problem }
    if (probed++ >= mostProbed) continue
    const probing = { change, place: sides.fresh, signal, most: each }
    for (const problem of await probeNew(table, probing, look)) yield { where: printTable(table), problem }
  }
  searches.finish()
  yield* await replacedFunctions(change, look)
}

interface Sides {
  /** Where rows are compared, and where the new vectors are; quoted. */
  readonly twin: string
  readonly fresh: string
  readonly old: string
}

function sidesOf(table: TableState, { stage }: NotedChange): Sides {
  const here = quoteTable(table)
  const [next, past] = [twinIn(nextSchema, table), twinIn(pastSchema, table)]
  return stage === 'switched' || stage === 'settled'
    ? { twin: past, fresh: here, old: past }
    : { twin: next, fresh: next, old: here }
}

function searchedIn(
  change: VectorChange,
  table: TableState,
  { fresh, old }: Sides,
  { facts }: NotedChange,
): SearchedTable | undefined {
  const [now, before] = [vectorType(vectorColumn(change, table)?.type), vectorType(facts.type)]
  if (now === undefined || before === undefined) return undefined
  return { table, fresh: { at: fresh, type: typeAfter(change, now) }, old: { at: old, type: before } }
}

async function differences(
  q: Queryable,
  change: VectorChange,
  table: TableState,
  { twin }: Sides,
): Promise<readonly string[]> {
  const columns = carriedColumns(change, table)
  const row = (alias: string): string =>
    `pg_catalog.md5(pg_catalog.record_send(row(${columns.map((name) => `${alias}.${name}`).join(', ')})))`
  const [key] = columns
  const name = knownAs(table)
  const [found] = await q.query<{ lost: number; extra: number; other: number }>(
    `select count(*) filter (where t.lockstep_row is null)::int as lost, count(*) filter (where s.lockstep_row is null)::int as extra,
            count(*) filter (where s.lockstep_row <> t.lockstep_row)::int as other
     from (select ${keyText(table, 's')} as lockstep_key, ${row('s')} as lockstep_row from ${quoteTable(table)} s) s
     full join (select ${keyText(table, 't')} as lockstep_key, ${row('t')} as lockstep_row from ${twin} t) t on s.lockstep_key = t.lockstep_key
     where s.lockstep_row is distinct from t.lockstep_row
       and not exists (select from lockstep_vectors.outbox o where o.table_name = ${name} and (o.key is null or o.key = coalesce(s.lockstep_key, t.lockstep_key)))`,
  )
  const { lost = 0, extra = 0, other = 0 } = key === undefined ? {} : (found ?? {})
  return [
    ...(lost > 0 ? [`${lost} rows are not in its twin`] : []),
    ...(extra > 0 ? [`${extra} rows of its twin are not in the table`] : []),
    ...(other > 0 ? [`${other} rows are not the same in its twin`] : []),
  ]
}

async function badVectors(
  q: Queryable,
  change: VectorChange,
  table: TableState,
  { fresh }: Sides,
): Promise<readonly string[]> {
  const vector = quoteIdentifier(change.column)
  const name = knownAs(table)
  const noted = (what: string): string =>
    `exists (select from lockstep_vectors.${what} m where m.table_name = ${name} and m.key is not null and ${hasKey(table, 't', 'm.key')})`
  const waits = hasView(change) ? ` and not ${noted('waiting')}` : ''
  const [row] = await q.query<{ unlisted: number; odd: number }>(
    `select (select count(*)::int from ${fresh} t where ${lacksVector({ change }, 't')} and not ${noted('missing')} and not ${noted('outbox')}${waits}) as unlisted,
            (select count(*)::int from (select vector_norm(${vector}::vector) as norm from ${fresh} where ${vector} is not null limit ${normsAsked}) n
             where abs(n.norm - 1) > ${normError[change.spec.options.type ?? 'vector']}) as odd`,
  )
  const isUnit = change.spec.options.embedder === undefined ? change.spec.options.within !== undefined : true
  return [
    ...((row?.unlisted ?? 0) > 0 ? [`${row?.unlisted} rows have no new vector and are not listed`] : []),
    ...(isUnit && (row?.odd ?? 0) > 0 ? [`${row?.odd} of ${normsAsked} new vectors do not have length 1`] : []),
  ]
}

/** Some stored texts embedded anew: the vectors in the new column have to be those of the new model. */
async function probeNew(table: TableState, probed: Probed, look: Look): Promise<readonly string[]> {
  const { embedder: name } = probed.change.spec.options
  const embedder = name === undefined ? undefined : await look.embedder?.(name)
  if (embedder === undefined) return []
  const found = await nearness(look.tables, embedder, probed)
  return found === undefined || isNear(found) ? [] : [wrongModel(table, embedder, found).message]
}
