import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createPgliteTables } from '../stores/pglite/pglite-tables.ts'
import type { TableWriter } from '../stores/tables.ts'
import { readTables } from '../tenants/catalog.ts'
import { checkLiteral, resolveType } from './column-types.ts'

let tables: TableWriter

beforeAll(async () => {
  tables = await createPgliteTables({})
  await tables.transaction((q) =>
    q.script("create extension vector; create schema app; create type app.mood as enum ('calm')"),
  )
})

afterAll(() => tables.close())

describe('resolveType', () => {
  it.each([
    ['text', 'text'],
    ['TEXT', 'text'],
    ['int', 'integer'],
    ['int8', 'bigint'],
    ['bool', 'boolean'],
    ['varchar(20)', 'character varying(20)'],
    ['character varying ( 20 )', 'character varying(20)'],
    ['char(3)', 'character(3)'],
    ['numeric', 'numeric'],
    ['numeric(10, 2)', 'numeric(10,2)'],
    ['decimal(10,2)', 'numeric(10,2)'],
    ['double precision', 'double precision'],
    ['float8', 'double precision'],
    ['timestamptz', 'timestamp with time zone'],
    ['timestamp', 'timestamp without time zone'],
    ['timestamp with time zone', 'timestamp with time zone'],
    ['timestamptz(3)', 'timestamp(3) with time zone'],
    ['timestamp(3) with time zone', 'timestamp(3) with time zone'],
    ['time(0) without time zone', 'time(0) without time zone'],
    ['text[]', 'text[]'],
    ['numeric(10,2)[]', 'numeric(10,2)[]'],
    ['timestamptz(3)[]', 'timestamp(3) with time zone[]'],
    ['jsonb', 'jsonb'],
    ['uuid', 'uuid'],
    ['vector(3)', 'vector(3)'],
    ['app.mood', 'app.mood'],
    ['  text  ', 'text'],
  ])('%j is what the catalog prints for a column of it', async (text, printed) => {
    const type = await tables.read((q) => resolveType(q, text))
    expect(type).toMatchObject({ text: text.trim(), printed })
    const { shapes } = await tables.transaction(async (q) => {
      await q.script(`drop table if exists typed; create table typed (c ${type.text})`)
      return readTables(q, 'public', [{ name: 'typed', key: '', blank: 'typed' }])
    })
    expect([...shapes.values()]).toMatchObject([{ columns: [{ name: 'c', type: printed }] }])
  })

  it.each([
    '',
    'textt',
    'text; drop table x',
    "text default 'x'",
    'int not null',
    'varchar(20',
    'no.such_type',
    'text[3]',
    'text(5)',
    'varchar(0)',
    'numeric(2000)',
  ])('refuses %j', async (text) => {
    await expect(tables.read((q) => resolveType(q, text))).rejects.toMatchObject({ code: 'LS-2108' })
  })

  it.each([
    ['bigserial', 'use an integer type with a sequence default'],
    ['int not null', 'write the type alone; not null and the default are options of the step'],
    ['txt', 'check the spelling, or create its extension first'],
  ])('says what to do about %j', async (text, hint) => {
    await expect(tables.read((q) => resolveType(q, text))).rejects.toMatchObject({ hint })
  })
})

it.each([
  ['numeric(10,2)[]', 'pg_catalog'],
  ['app.mood', 'app'],
  ['vector(3)', 'public'],
])('%s is from schema %s', async (text, schema) => {
  expect(await tables.read((q) => resolveType(q, text))).toMatchObject({ schema })
})

describe('checkLiteral', () => {
  const check = (literal: string, text: string) =>
    tables.read(async (q) => checkLiteral(q, literal, await resolveType(q, text), 'c'))

  it.each([
    ['en', 'text'],
    ["it's \\ here", 'text'],
    ['12.50', 'numeric(10,2)'],
    ['{"a": 1}', 'jsonb'],
    ['{a,b}', 'text[]'],
    ['calm', 'app.mood'],
    ['true', 'boolean'],
  ])('%j is a value of %s', async (literal, text) => {
    await check(literal, text)
  })

  it.each([
    ['x', 'int'],
    ['{', 'jsonb'],
    ['angry', 'app.mood'],
    ['maybe', 'boolean'],
    ['99999', 'smallint'],
  ])('%j is none of %s', async (literal, text) => {
    await expect(check(literal, text)).rejects.toMatchObject({ code: 'LS-2108', where: { name: 'c' } })
  })
})
