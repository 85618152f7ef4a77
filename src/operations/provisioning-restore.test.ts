import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { createPgliteTables } from '../stores/pglite/pglite-tables.ts'
import type { TableWriter } from '../stores/tables.ts'
import type { PreImage } from './operation.ts'
import { dropCopy, restoreProvision } from './provisioning-restore.ts'
import { extendProvision } from './provisioning.ts'

let tables: TableWriter

beforeAll(async () => {
  tables = await createPgliteTables({})
})
afterAll(() => tables.close())
beforeEach(() =>
  sql(`drop schema public cascade; create schema public;
    create function make_tenant(uid text) returns text language plpgsql as $f$
    begin execute format('create table %I (id int)', 'settings_' || uid); return uid; end $f$`),
)

const sql = (text: string): Promise<void> => tables.transaction((q) => q.script(text))
const rows = (text: string): Promise<readonly object[]> => tables.read((q) => q.query(text))
const functions = (): Promise<readonly object[]> =>
  rows("select pg_get_functiondef(p.oid) as def from pg_proc p where proname like 'make_tenant%'")

const scope = {
  provision: {
    signature: 'make_tenant(text)',
    schema: 'public',
    prefix: 'settings_',
    suffix: '',
    key: 'plain' as const,
  },
}

async function extend(column: string, tag: string): Promise<PreImage> {
  const statements = [`'alter table ' || quote_ident(lockstep_table) || ' add ${column} int'`]
  const extension = { tag, what: column, lacks: 'true', statements }
  const [image] = await tables.transaction((q) => extendProvision(q, scope, extension))
  if (image === undefined) throw new Error('nothing was extended')
  return image
}

async function columnsOf(uid: string): Promise<string> {
  await sql(`select make_tenant('${uid}')`)
  const found = await rows(
    `select attname from pg_attribute where attrelid = 'settings_${uid}'::regclass and attnum > 1`,
  )
  return found.map((row) => String(Reflect.get(row, 'attname'))).join()
}

it.each([
  [
    [2, 1, 0],
    ['a,b', 'a', ''],
  ],
  [
    [0, 1, 2],
    ['b,c', 'c', ''],
  ],
  [
    [1, 2, 0],
    ['a,c', 'a', ''],
  ],
])('extensions go back in the order %j, and tenants can be made all the while', async (order, left) => {
  const before = await functions()
  const images = [await extend('a', '0000000a'), await extend('b', '0000000b'), await extend('c', '0000000c')]
  expect(await columnsOf('all')).toBe('a,b,c')
  for (const [n, index] of order.entries()) {
    const image = images[index] as PreImage
    expect(await tables.transaction((q) => restoreProvision(q, image))).toBe(true)
    expect(await columnsOf(`before${n}`)).toBe(left[n])
    // Again, as after a crash.
    expect(await tables.transaction((q) => restoreProvision(q, image))).toBe(true)
    await tables.transaction((q) => dropCopy(q, image))
    expect(await tables.transaction((q) => restoreProvision(q, image))).toBe(true)
    expect(await columnsOf(`after${n}`)).toBe(left[n])
  }
  expect(await functions()).toEqual(before)
})

it('what someone else made of the function stays, with the copy that it calls', async () => {
  const [a, b] = [await extend('a', '0000000a'), await extend('b', '0000000b')]
  await sql(`create or replace function make_tenant(uid text) returns text language plpgsql as $f$
    begin return make_tenant_0000000b_before(uid); end $f$`)
  expect(await tables.transaction((q) => restoreProvision(q, b))).toBe(false)
  await tables.transaction((q) => dropCopy(q, b))
  expect(await tables.transaction((q) => restoreProvision(q, a))).toBe(false)
  await tables.transaction((q) => dropCopy(q, a))
  expect(await columnsOf('theirs')).toBe('a')
})
