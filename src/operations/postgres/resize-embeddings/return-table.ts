import { printTable, quoteIdentifier, quoteLiteral, quoteTable } from '../../../kernel/identifiers.ts'
import type { Queryable } from '../../../stores/tables.ts'
import type { Checkpoint } from '../../operation.ts'
import type { TableState } from '../../table-state.ts'
import type { TableWork } from '../../work-passes.ts'
import { alterBorn } from './born-table.ts'
import { releaseStatements } from './capture-sql.ts'
import { embedAll, embedLeft } from './drain.ts'
import { lacksVector, mirroringBack, mirroringThere } from './mirror.ts'
import { swapScript, validateScript } from './swap-sql.ts'
import { readNoted, swapWhenReady } from './switch-table.ts'
import { hasKey, knownAs, lostTwin, nextSchema, pastSchema, twinIn, vectorPath } from './vector-change.ts'
import type { VectorChange } from './vector-change.ts'
import { forgetSql, stageSql } from './vector-store.ts'
import type { NotedChange } from './vector-store.ts'

/** One table goes back: its twin is dropped, or the table as it was takes its place again, with all written since. */
export async function* returnTable(change: VectorChange, working: TableWork): AsyncGenerator<Checkpoint> {
  const noted = await readNoted(working, change)
  switch (noted?.stage) {
    case undefined:
      yield* alterBorn(change, working)
      yield* end(change, working)
      return
    case 'captured':
    case 'filled':
      yield* dropTwin(working, nextSchema)
      return
    case 'switched':
    case 'settled':
      yield* swapBack(change, working, noted)
      yield* end(change, working)
      return
    case 'returned':
      yield* end(change, working)
  }
}

async function* dropTwin({ table, hands, at }: TableWork, schema: typeof nextSchema): AsyncGenerator<Checkpoint> {
  const settled = await hands.change({
    names: [table.name],
    cursor: at(),
    work: async (q) => {
      await q.script(
        [
          ...releaseStatements(quoteTable(table)),
          `drop table if exists ${twinIn(schema, table)}`,
          forgetSql(table),
          `delete from lockstep_vectors.missing where table_name = ${knownAs(table)}`,
        ].join(';\n'),
      )
      return []
    },
  })
  yield { ...settled, changed: 1 }
}

async function* swapBack(change: VectorChange, working: TableWork, { facts }: NotedChange): AsyncGenerator<Checkpoint> {
  const { table, hands } = working
  const by = { name: change.spec.options.was, place: twinIn(pastSchema, table) }
  const there = await hands.tables.read((q) => exists(q, by.place))
  if (!there) throw lostTwin(table)
  yield* swapWhenReady(working, mirroringBack(change, table, facts.type), by, (q) => swap(q, change, table))
}

async function exists(q: Queryable, place: string): Promise<boolean> {
  const [row] = await q.query<{ found: boolean }>('select to_regclass($1) is not null as found', [place])
  return row?.found === true
}

async function swap(q: Queryable, { column }: VectorChange, table: TableState): Promise<void> {
  const [name, of] = [knownAs(table), quoteLiteral(column)]
  await q.script(
    [
      vectorPath,
      `update lockstep_vectors.changes set facts = facts || jsonb_build_object('keys',
         (select coalesce(jsonb_agg(k.conname), '[]') from pg_catalog.pg_constraint k where k.conrelid = ${quoteLiteral(quoteTable(table))}::regclass and k.contype = 'f' and k.convalidated))
       where table_name = ${name}`,
      swapScript(table, 'back'),
      `delete from lockstep_vectors.pointers where table_name = ${name} and column_name = ${of}`,
      `insert into lockstep_vectors.pointers (table_name, column_name, change, model, dimensions)
       select ${name}, ${of}, p.change, p.model, p.dimensions
       from lockstep_vectors.changes c cross join lateral jsonb_to_record(nullif(c.facts -> 'pointer', 'null')) as p(change text, model text, dimensions int)
       where c.table_name = ${name} and p.change is not null`,
      stageSql(table, 'returned'),
    ].join(';\n'),
  )
}

/** What need not be done under the lock; rows that have no vector stay listed, and are told of. */
async function* end(change: VectorChange, working: TableWork): AsyncGenerator<Checkpoint> {
  const { table, hands, at } = working
  const noted = await readNoted(working, change)
  if (noted === undefined) return
  const { facts } = noted
  const [mirroring, { was }] = [mirroringThere(change, table), change.spec.options]
  // A row that had no vector before is none of ours.
  if (facts.born === true) await embedAll(working, mirroring, was)
  else await embedLeft(working, mirroring, { name: was, place: quoteTable(table) })
  let without = 0
  const settled = await hands.change({
    names: [table.name],
    cursor: at(),
    long: true,
    work: async (q) => {
      await q.script(forgetMended(change, table))
      const [row] = await q.query<{ count: number; keys: readonly string[] }>(
        `select (select count(*)::int from lockstep_vectors.missing where table_name = c.table_name) as count,
                array(select jsonb_array_elements_text(c.facts -> 'keys')) as keys from lockstep_vectors.changes c where c.table_name = ${knownAs(table)}`,
      )
      without = row?.count ?? 0
      const required = facts.notNull && without === 0 ? [requireVectors(table, facts)] : []
      await q.script(
        [
          validateScript(table, row?.keys ?? []),
          ...required,
          `drop table if exists ${twinIn(nextSchema, table)}`,
          forgetSql(table),
        ].join(';\n'),
      )
      return []
    },
  })
  if (without > 0)
    hands.warn(
      `${without} rows of ${printTable(table)}, written after the switch, have no vector of the old model; lockstep_vectors.missing lists their keys`,
    )
  yield { ...settled, changed: 1 }
}

/** Rows that clients wrote or deleted while their vectors were made are not missing any. */
function forgetMended(change: VectorChange, table: TableState): string {
  return `delete from lockstep_vectors.missing m where m.table_name = ${knownAs(table)}
    and not exists (select from ${quoteTable(table)} t where ${hasKey(table, 't', 'm.key')} and ${lacksVector({ change }, 't')})`
}

function requireVectors(table: TableState, { column }: NotedChange['facts']): string {
  return `alter table ${quoteTable(table)} alter column ${quoteIdentifier(column)} set not null`
}
