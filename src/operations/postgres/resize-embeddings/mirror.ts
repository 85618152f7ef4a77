import { isLockstepError } from '../../../kernel/errors.ts'
import { quoteIdentifier, quoteTable } from '../../../kernel/identifiers.ts'
import { sqlState } from '../../../stores/tables.ts'
import type { Queryable } from '../../../stores/tables.ts'
import type { TableState } from '../../table-state.ts'
import { isComputed } from './capture-sql.ts'
import {
  hasContent,
  hasKey,
  keyOf,
  keyText,
  knownAs,
  lostTwin,
  nextSchema,
  pastSchema,
  printType,
  sameKey,
  twinIn,
  typeAfter,
  vectorColumn,
  vectorPath,
  vectorType,
} from './vector-change.ts'
import type { VectorChange, VectorType } from './vector-change.ts'

/** Two tables of equal rows but for their vectors: what was changed in the one is done in the other. */
export interface Mirroring {
  readonly change: VectorChange
  /** The app's table, as the catalog has it now. */
  readonly table: TableState
  /** The other one, quoted. */
  readonly twin: string
  readonly way: Way
}

/** How a row of the twin comes to its vector. */
export type Way =
  /** SQL of it out of the row `s` of the table. */
  | { readonly follows: string }
  /** SQL that is true where it can keep the one of its former row `k`; else its text has to be embedded. */
  | { readonly keeps: string }

/** From the table in the old shape to its twin in the new one. */
function wayThere(change: VectorChange, table: TableState): Way {
  const now = vectorType(vectorColumn(change, table)?.type)
  if (now === undefined || change.spec.options.embedder !== undefined) return keepsText(change)
  return { follows: convertedSql(change, typeAfter(change, now), 's') }
}

/** From the table in the new shape to its twin in the old one, of this type. */
function wayBack(change: VectorChange, before: VectorType, now: VectorType): Way {
  if (change.spec.options.embedder !== undefined) return keepsText(change)
  const vector = quoteIdentifier(change.column)
  if (before.dimensions === now.dimensions) return { follows: `s.${vector}::${printType(before)}` }
  return { keeps: `${convertedSql(change, now, 'k')} is not distinct from s.${vector}` }
}

function keepsText({ spec }: VectorChange): Way {
  const text = quoteIdentifier(spec.options.from ?? '')
  return { keeps: `k.${text}::text collate "C" is not distinct from s.${text}::text collate "C"` }
}

/** SQL of the vector in its new type: cast, and where it is shortened made a unit vector again. */
function convertedSql(change: VectorChange, to: VectorType, alias: string): string {
  const vector = `${alias}.${quoteIdentifier(change.column)}`
  const { dimensions } = change.spec.options
  if (dimensions === undefined) return `${vector}::${printType(to)}`
  return `l2_normalize(subvector(${vector}, 1, ${to.dimensions}))::${printType(to)}`
}

/** Changed rows that are carried over in one transaction; those noted later wait for the next. */
export const rowsAtOnce = 20_000

/**
 * Carries the changes that were noted so far, in the caller's transaction, which is to read one snapshot: at each
 * snapshot the rows that differ are among those noted, so that no unique index meets a row that is not there any more.
 * Texts that did not change keep their vector; others have none, and are noted as missing. Returns how many.
 */
export async function mirrorChanges(q: Queryable, mirroring: Mirroring, most: number | undefined): Promise<number> {
  const { table, twin } = mirroring
  const source = quoteTable(table)
  const name = knownAs(table)
  const limit = most === undefined ? '' : ` order by seq limit ${most}`
  await q.script(
    [
      vectorPath,
      'create temporary table lockstep_claimed (key text[]) on commit drop',
      `with gone as (delete from lockstep_vectors.outbox where seq in (select seq from lockstep_vectors.outbox where table_name = ${name}${limit}) returning key)
       insert into lockstep_claimed select distinct key from gone`,
      `delete from ${twin} t where exists (select from lockstep_claimed where key is null) and not exists (select from ${source} s where ${sameKey(table, 's', 't')})`,
      'delete from lockstep_claimed where key is null',
      `delete from lockstep_vectors.missing m using lockstep_claimed c where m.table_name = ${name} and m.key = c.key`,
      ...carry(mirroring),
    ].join(';\n'),
  )
  const [missing] = await q.query<{ count: number }>(
    `with noted as (
       insert into lockstep_vectors.missing (table_name, key)
       select ${name}, ${keyText(table, 't')} from ${twin} t join lockstep_claimed c on ${hasKey(table, 't', 'c.key')}
       where ${lacksVector(mirroring, 't')} on conflict do nothing returning 1)
     select count(*)::int as count from noted`,
  )
  await q.script('drop table lockstep_claimed; drop table if exists lockstep_kept')
  return missing?.count ?? 0
}

/** SQL that is true where a row of the twin has to have a vector and has none. */
export function lacksVector({ change }: Pick<Mirroring, 'change'>, alias: string): string {
  const { from } = change.spec.options
  const isNull = `${alias}.${quoteIdentifier(change.column)} is null`
  return from === undefined ? 'false' : `(${isNull} and ${hasContent(`${alias}.${quoteIdentifier(from)}`)})`
}

/** Lists the rows of a table that have to have a vector and have none, by the keys that they have now. Returns how many are new. */
export async function noteLacking(
  q: Queryable,
  { change, table }: Pick<Mirroring, 'change' | 'table'>,
): Promise<number> {
  const [noted] = await q.query<{ count: number }>(
    `with noted as (
       insert into lockstep_vectors.missing (table_name, key)
       select ${knownAs(table)}, ${keyText(table, 't')} from ${quoteTable(table)} t where ${lacksVector({ change }, 't')}
       on conflict do nothing returning 1)
     select count(*)::int as count from noted`,
  )
  return noted?.count ?? 0
}

/** Columns that a row is carried over with, without the vector and what Postgres makes itself. */
export function carriedColumns({ column }: VectorChange, { shape }: TableState): readonly string[] {
  return shape.columns.flatMap((each) => (each.name === column || isComputed(each) ? [] : [quoteIdentifier(each.name)]))
}

function carry({ change, table, twin, way }: Mirroring): readonly string[] {
  const source = quoteTable(table)
  const vector = quoteIdentifier(change.column)
  const columns = carriedColumns(change, table)
  const into = `insert into ${twin} (${[...columns, vector].join(', ')}) overriding system value
    select ${columns.map((name) => `s.${name}`).join(', ')}`
  const rows = `from ${source} s join lockstep_claimed c on ${hasKey(table, 's', 'c.key')}`
  const drop = `delete from ${twin} t using lockstep_claimed c where ${hasKey(table, 't', 'c.key')}`
  if ('follows' in way) return [drop, `${into}, ${way.follows} ${rows}`]
  const { from } = change.spec.options
  const texts = from === undefined ? [] : [`t.${quoteIdentifier(from)}`]
  const key = keyOf(table).map(({ name }) => `t.${quoteIdentifier(name)}`)
  return [
    `create temporary table lockstep_kept on commit drop as
     select ${[...new Set([...key, ...texts, `t.${vector}`])].join(', ')} from ${twin} t join lockstep_claimed c on ${hasKey(table, 't', 'c.key')}`,
    drop,
    `${into}, k.${vector} ${rows}
     left join lockstep_kept k on ${sameKey(table, 'k', 's')} and (${way.keeps})`,
  ]
}

/** Another row has what is unique, or excludes this one. */
export function isTaken(error: unknown): boolean {
  return ['23505', '23P01'].includes(sqlState(isLockstepError(error) ? error.cause : error) ?? '')
}

/** Changes of the table that are noted and not carried over yet. */
export async function pendingChanges(q: Queryable, table: TableState): Promise<number> {
  const [row] = await q.query<{ count: number }>(
    `select count(*)::int as count from (select from lockstep_vectors.outbox where table_name = ${knownAs(table)} limit 100000) o`,
  )
  return row?.count ?? 0
}

/** From the app's table to its twin in the new shape. */
export function mirroringThere(change: VectorChange, table: TableState): Mirroring {
  return { change, table, twin: twinIn(nextSchema, table), way: wayThere(change, table) }
}

/** From the app's table, which is in the new shape, to its twin in the old one. */
export function mirroringBack(change: VectorChange, table: TableState, before: string): Mirroring {
  const [then, now] = [vectorType(before), vectorType(vectorColumn(change, table)?.type)]
  if (then === undefined || now === undefined) throw lostTwin(table)
  return { change, table, twin: twinIn(pastSchema, table), way: wayBack(change, then, now) }
}
