import { printTable, quoteIdentifier, quoteLiteral, quoteTable } from '../../../kernel/identifiers.ts'
import type { Queryable } from '../../../stores/tables.ts'
import type { Checkpoint } from '../../operation.ts'
import type { TableState } from '../../table-state.ts'
import type { TableWork } from '../../work-passes.ts'
import { alterBorn } from './born-table.ts'
import { dimensionsOf } from './both-passes.ts'
import { bothStore, listWaiting } from './both-store.ts'
import { hasView, hideView, lockView, makeView, turnView } from './both-view.ts'
import { followKeys, releaseStatements, unfollowKeys } from './capture-sql.ts'
import { embedAll, embedLeft } from './drain.ts'
import { lacksVector, mirroringBack, mirroringThere } from './mirror.ts'
import { swapScript, validateScript } from './swap-sql.ts'
import { readNoted, swapWhenReady } from './switch-table.ts'
import { hasKey, knownAs, lostTwin, nextSchema, pastSchema, twinIn, vectorPath, vectorType } from './vector-change.ts'
import type { VectorChange } from './vector-change.ts'
import { forgetSql, stageSql } from './vector-store.ts'
import type { Facts, NotedChange } from './vector-store.ts'

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
      yield* dropTwin(change, working)
      if (hasView(change)) yield* end(change, working)
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

/** Rows that a view left without a vector are still to get theirs. */
async function* dropTwin(change: VectorChange, { table, hands, at }: TableWork): AsyncGenerator<Checkpoint> {
  const dimensions = dimensionsOf(change, table, undefined)
  const settled = await hands.change({
    names: [table.name],
    cursor: hasView(change) ? undefined : at(),
    work: async (q) => {
      await q.script(
        [
          ...releaseStatements(quoteTable(table)),
          `drop table if exists ${twinIn(nextSchema, table)}`,
          `delete from lockstep_vectors.missing where table_name = ${knownAs(table)}`,
          ...(hasView(change)
            ? [...bothStore, ...makeView(change, table, dimensions), stageSql(table, 'returned')]
            : [forgetSql(table)]),
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
  yield* swapWhenReady(working, mirroringBack(change, table, facts.type), by, async (q, without) => {
    await swap(q, change, table, facts)
    if (without > 0 && by.name !== undefined) await follow(q, table)
  })
}

/** Rows are listed by keys, which clients may change before they have their vectors. */
async function follow(q: Queryable, table: TableState): Promise<void> {
  await q.script(
    [
      ...followKeys(table, quoteTable(table)),
      `update lockstep_vectors.changes set facts = facts || '{"followed": true}' where table_name = ${knownAs(table)}`,
    ].join(';\n'),
  )
}

async function exists(q: Queryable, place: string): Promise<boolean> {
  const [row] = await q.query<{ found: boolean }>('select to_regclass($1) is not null as found', [place])
  return row?.found === true
}

async function swap(q: Queryable, change: VectorChange, table: TableState, { type }: Facts): Promise<void> {
  const [name, of] = [knownAs(table), quoteLiteral(change.column)]
  const { now, other } = dimensionsOf(change, table, type)
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
      ...(hasView(change) ? turnView(change, table, { now: other, other: now }) : []),
    ].join(';\n'),
  )
}

/** Looks after which rows whose keys go on changing are left without a vector, and told of. */
const mostLooks = 5

/** What need not be done under the lock; rows that have no vector stay listed, and are told of. */
async function* end(change: VectorChange, working: TableWork): AsyncGenerator<Checkpoint> {
  const { table, hands, at } = working
  if (hasView(change)) await endView(change, working)
  const noted = await readNoted(working, change)
  if (noted === undefined) return
  const { facts } = noted
  let without = 0
  for (let look = 1, isOver = false; !isOver; look++) {
    await embedReturned(change, working, facts)
    const settled = await hands.change({
      names: [table.name],
      cursor: () => (isOver ? at() : undefined),
      long: true,
      work: async (q) => {
        isOver = facts.followed !== true || (await isSettled(q, change, table)) || look >= mostLooks
        if (isOver) without = await forget(q, change, table, facts)
        return []
      },
    })
    if (isOver) yield { ...settled, changed: 1 }
  }
  if (without > 0)
    hands.warn(
      `${without} rows of ${printTable(table)}, written after the switch, have no vector of the old model; lockstep_vectors.missing lists their keys`,
    )
}

/** What waits is embedded while clients go on; then the view goes, and what they wrote meanwhile is left for the table's own end. */
async function endView(change: VectorChange, working: TableWork): Promise<void> {
  const { table, hands } = working
  const noted = await readNoted(working, change)
  if (noted === undefined) return
  const { facts } = noted
  const list = async (q: Queryable): Promise<void> => {
    // From here on nobody writes through it, until the transaction has ended.
    await q.script(lockView(table))
    await listWaiting(q, change, table, vectorType(facts.type)?.dimensions ?? 0)
  }
  const changing = (work: (q: Queryable) => Promise<void>): Promise<Checkpoint> =>
    hands.change({ names: [table.name], cursor: undefined, long: true, work: (q) => work(q).then(() => []) })
  await changing(list)
  await embedReturned(change, working, facts)
  await changing(async (q) => {
    await list(q)
    await q.script([...hideView(table), unfollowKeys(quoteTable(table))].join(';\n'))
    if (change.spec.options.was !== undefined) await follow(q, table)
  })
}

/** A row that had no vector before is none of ours. */
async function embedReturned(change: VectorChange, working: TableWork, { born }: Facts): Promise<void> {
  const { was } = change.spec.options
  const mirroring = mirroringThere(change, working.table)
  if (born === true) await embedAll(working, mirroring, was)
  else await embedLeft(working, mirroring, { name: was, place: quoteTable(working.table) })
}

/** Whether every row has what it can get. From here on nobody writes until the transaction has ended. */
async function isSettled(q: Queryable, change: VectorChange, table: TableState): Promise<boolean> {
  await q.script(`lock table ${quoteTable(table)} in access exclusive mode`)
  const [row] = await q.query<{ found: boolean }>(
    `select exists (select from lockstep_vectors.missing m join ${quoteTable(table)} t on ${hasKey(table, 't', 'm.key')}
       where m.table_name = ${knownAs(table)} and m.tries < 3 and ${lacksVector({ change }, 't')}) as found`,
  )
  return row?.found !== true
}

/** Nothing is noted of the table any more but rows that have no vector; returns how many. */
async function forget(q: Queryable, change: VectorChange, table: TableState, facts: Facts): Promise<number> {
  await q.script(forgetMended(change, table))
  const [row] = await q.query<{ count: number; keys: readonly string[] }>(
    `select (select count(*)::int from lockstep_vectors.missing where table_name = c.table_name) as count,
            array(select jsonb_array_elements_text(c.facts -> 'keys')) as keys from lockstep_vectors.changes c where c.table_name = ${knownAs(table)}`,
  )
  const without = row?.count ?? 0
  const required = facts.notNull && without === 0 ? [requireVectors(table, facts)] : []
  await q.script(
    [
      ...(facts.followed === true ? [unfollowKeys(quoteTable(table))] : []),
      validateScript(table, row?.keys ?? []),
      ...required,
      `drop table if exists ${twinIn(nextSchema, table)}`,
      forgetSql(table),
    ].join(';\n'),
  )
  return without
}

/** Rows that clients wrote or deleted while their vectors were made are not missing any. */
function forgetMended(change: VectorChange, table: TableState): string {
  return `delete from lockstep_vectors.missing m where m.table_name = ${knownAs(table)}
    and not exists (select from ${quoteTable(table)} t where ${hasKey(table, 't', 'm.key')} and ${lacksVector({ change }, 't')})`
}

function requireVectors(table: TableState, { column }: NotedChange['facts']): string {
  return `alter table ${quoteTable(table)} alter column ${quoteIdentifier(column)} set not null`
}
