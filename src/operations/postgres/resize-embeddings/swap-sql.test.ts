import { afterAll, beforeAll, expect, test } from 'vitest'
import { quoteTable } from '../../../kernel/identifiers.ts'
import { createPgliteTables } from '../../../stores/pglite/pglite-tables.ts'
import type { TableWriter } from '../../../stores/tables.ts'
import { swapScript } from './swap-sql.ts'
import { nextSchema, pastSchema, twinIn } from './vector-change.ts'

const table = { schema: 'public', name: `o'dd %s $& {t}` }
const [here, twin] = [quoteTable(table), twinIn(nextSchema, table)]

let tables: TableWriter
beforeAll(async () => {
  tables = await createPgliteTables({})
  await tables.transaction((q) =>
    q.script(`create schema ${nextSchema}; create schema ${pastSchema}; create table owners (id int primary key);
      create function noted() returns trigger language plpgsql as 'begin return new; end';
      create table ${here} (id serial primary key, owner int constraint "of %s" references owners, embedding text);
      create table ${twin} (id int primary key, owner int, embedding text);
      create trigger "note %s" before insert on ${here} for each row execute function noted();
      comment on trigger "note %s" on ${here} is '100 %';
      create publication told for table ${here} (id, owner) where (id > 3)`),
  )
})
afterAll(() => tables.close())

/** The foreign keys, triggers and published columns of the table in the app's place, and the sequence that it owns. */
async function moved(): Promise<unknown> {
  const [row] = await tables.read((q) =>
    q.query(
      `select (select array_agg(conname::text) from pg_constraint where conrelid = t.oid and contype = 'f') as keys,
              (select array_agg(tgname || ': ' || obj_description(oid, 'pg_trigger')) from pg_trigger where tgrelid = t.oid and not tgisinternal) as triggers,
              (select pg_get_expr(prqual, prrelid) || ' of ' || prattrs::text from pg_publication_rel where prrelid = t.oid) as published,
              pg_get_serial_sequence($1::text, 'id') is not null as "ownsSequence"
       from (select $1::text::regclass::oid as oid) t`,
      [here],
    ),
  )
  return row
}

test('a table of any name changes places with its twin, and what acts on its rows goes with the place', async () => {
  const before = await moved()
  expect(before).toEqual({
    keys: ['of %s'],
    triggers: ['note %s: 100 %'],
    published: '(id > 3) of 1 2',
    ownsSequence: true,
  })
  await tables.transaction((q) => q.script(swapScript(table, 'there')))
  expect(await moved()).toEqual(before)
  const places = await tables.read((q) =>
    q.query(`select to_regclass($1) is not null as aside, to_regclass($2) as gone`, [twinIn(pastSchema, table), twin]),
  )
  expect(places).toEqual([{ aside: true, gone: null }])
  await tables.transaction((q) => q.script(swapScript(table, 'back')))
  expect(await moved()).toEqual(before)
})
