import { afterAll, beforeAll, expect, test } from 'vitest'
import { describeSqlRule } from '../../../../test/lint/sql-rule.ts'
import { createPgliteTables } from '../../../stores/pglite/pglite-tables.ts'
import type { TableWriter } from '../../../stores/tables.ts'
import type { LiveRow } from '../sql-rule.ts'
import { orphanTable } from './orphan-table.ts'

describeSqlRule(orphanTable, {
  finds: [],
  leaves: ['create table user_table_0cc175b9c0f1b6a831c399e269772661 (id int);'],
})

let tables: TableWriter
beforeAll(async () => {
  tables = await createPgliteTables({})
})
afterAll(() => tables.close())

test('finds tenants with a part of their tables, and not families that have nothing to do with each other', async () => {
  await tables.transaction((q) =>
    q.script(`do $do$ begin for n in 1..20 loop
      execute format('create table %I (id int)', 'settings_' || md5(n::text));
      if n <> 3 then execute format('create table %I (id int)', 'vectors_' || md5(n::text)); end if;
      if n % 2 = 0 then execute format('create table %I (id int)', 'paid_' || md5(n::text || n % 4)); end if;
    end loop; end $do$; create table other (id int)`),
  )
  const rows = await tables.read((q) => q.query<LiveRow>(orphanTable.live?.sql ?? ''))
  expect(rows.map((row) => orphanTable.live?.spot(row).message)).toEqual([
    '1 table public.settings_{key} without vectors_{key}, as eccbc87e4b5ce2fe28308fd9f2a7baf3',
  ])
})
