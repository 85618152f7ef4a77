import fc from 'fast-check'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { LockstepError } from '../../../kernel/errors.ts'
import { quoteTable } from '../../../kernel/identifiers.ts'
import { createPgliteTables } from '../../../stores/pglite/pglite-tables.ts'
import type { TableWriter } from '../../../stores/tables.ts'
import { readFleet } from '../../../tenants/fleet.ts'
import { tenants } from '../../../tenants/tenants-config.ts'
import type { TenantsConfig } from '../../../tenants/tenants-config.ts'
import type { Finding, Look, StepPlan } from '../../operation.ts'
import { addColumn, addColumnStep } from './add-column.ts'
import type { AddColumnOptions, AddColumnSpec } from './add-column.ts'
import { addStatements, extensionOf } from './column-sql.ts'

let tables: TableWriter

beforeAll(async () => {
  tables = await createPgliteTables({})
})

afterAll(() => tables.close())

beforeEach(() => tables.transaction((q) => q.script('drop schema public cascade; create schema public')))

const config: TenantsConfig = {
  source: { from: 'sql', sql: 'select uid from owners order by uid' },
  key: 'plain',
  tables: { settings: 'settings_{key}' },
}

const strict: TenantsConfig = { ...config, mismatches: 'error' }

/** Tenants come from the table `owners`; documents are none of this operation's business. */
function lookAt(given: TenantsConfig = config): Look {
  const documents = {} as Look['documents']
  return {
    documents,
    tables,
    fleet: () => readFleet({ config: given, documents, tables, grace: () => Promise.resolve() }),
  }
}

function specOf(
  target: string | { readonly tenants: string },
  column: string,
  type: string,
  options: AddColumnOptions = {},
): AddColumnSpec {
  return addColumn.parse(addColumnStep(target, column, type, options).spec)
}

const sql = (text: string): Promise<void> => tables.transaction((q) => q.script(text))
const rows = (text: string): Promise<readonly object[]> => tables.read((q) => q.query(text))
const plan = (spec: AddColumnSpec, look = lookAt()): Promise<StepPlan> => addColumn.plan(spec, look)
const statementsOf = ({ effects }: StepPlan): readonly string[] => effects.flatMap(({ statements }) => statements)

async function findings(spec: AddColumnSpec, look = lookAt()): Promise<readonly Finding[]> {
  const scope = {
    since: undefined,
    phase: 'verify',
    level: 'full',
    images: () => Promise.reject(new Error('tables have no document images')),
    memo: { had: [], excluded: [] },
    signal: new AbortController().signal,
  } as const
  const found: Finding[] = []
  for await (const finding of addColumn.verify(spec, look, scope)) found.push(finding)
  return found
}

async function owners(...uids: readonly string[]): Promise<void> {
  await sql('create table owners (uid text)')
  for (const uid of uids)
    await sql(`insert into owners values ('${uid}'); create table "settings_${uid}" (id int primary key)`)
}

describe('parse', () => {
  it.each<[string, unknown, string]>([
    ['no type', { target: { table: 't' }, column: 'c', options: {} }, 'LS-2002'],
    ['no target', { target: {}, column: 'c', type: 'text', options: {} }, 'LS-2002'],
    ['both targets', { target: { table: 't', tenants: 's' }, column: 'c', type: 'text', options: {} }, 'LS-2002'],
    ['an unknown option', { target: { table: 't' }, column: 'c', type: 'text', options: { unique: true } }, 'LS-2002'],
    ['a null default', { target: { table: 't' }, column: 'c', type: 'text', options: { default: null } }, 'LS-2002'],
    ['a column of 64 bytes', { target: { table: 't' }, column: 'c'.repeat(64), type: 'text', options: {} }, 'LS-2105'],
    [
      'not null without a default',
      { target: { table: 't' }, column: 'c', type: 'text', options: { notNull: true } },
      'LS-2106',
    ],
  ])('refuses %s', (_, spec, code) => {
    expect(() => addColumn.parse(spec)).toThrow(expect.objectContaining({ code }))
  })
})

describe('plan', () => {
  it('shows the statement as it runs, and runs on the server', async () => {
    await sql('create table orders (id int primary key)')
    const statements = statementsOf(
      await plan(specOf('orders', 'language', 'text', { default: 'en', notNull: true, index: true })),
    )
    expect(statements).toEqual([
      `alter table "public"."orders" add column "language" text default 'en' not null`,
      'create index "orders_language_idx" on "public"."orders" ("language")',
    ])
    await sql(statements.join(';'))
  })

  it('keeps any text default as it was written', async () => {
    const text = fc.array(
      fc.oneof(fc.string({ minLength: 1, maxLength: 1 }), fc.constantFrom("'", "''", '\\', '"', '$$', '\n', '%', ';')),
      { maxLength: 12 },
    )
    await sql('create table one (id int primary key)')
    await fc.assert(
      fc.asyncProperty(text, async (parts) => {
        const value = parts.join('').replaceAll('\0', '')
        const spec = specOf('one', 'c', 'text', { default: value })
        await plan(spec)
        await sql(
          `truncate one; ${addStatements(spec, quoteTable({ schema: 'public', name: 'one' })).join(';')}; insert into one values (1)`,
        )
        expect(await rows('select c from one')).toEqual([{ c: value }])
        await sql('alter table one drop column c')
      }),
      { numRuns: 40 },
    )
  })

  it('refuses a default that is not of the type, before anything runs', async () => {
    await sql('create table orders (id int primary key)')
    await expect(plan(specOf('orders', 'n', 'int', { default: 'many' }))).rejects.toMatchObject({ code: 'LS-2108' })
    await expect(plan(specOf('orders', 'n', 'numbr'))).rejects.toMatchObject({ code: 'LS-2108' })
  })

  it('refuses a table that does not exist', async () => {
    await expect(plan(specOf('nowhere', 'n', 'int'))).rejects.toMatchObject({ code: 'LS-2107' })
  })

  it('names the tables whose column has another type, and how many', async () => {
    await owners('a', 'b', 'c', 'd')
    await sql(
      'alter table settings_b add column language varchar(5); alter table settings_d add column language varchar(5)',
    )
    const spec = specOf(tenants('settings'), 'language', 'text')
    const failure = await plan(spec, lookAt(strict)).catch((error: unknown) => error)
    expect(failure).toMatchObject({
      code: 'LS-2104',
      message: 'column "language" is character varying(5) in 2 of 4 tables, not text',
      where: { name: 'settings_b, settings_d' },
    })
    const { leftOut, memo, shards, warnings } = await plan(spec)
    expect(leftOut?.map(({ name }) => name)).toEqual(['settings_b', 'settings_d'])
    expect(memo).toMatchObject({ excluded: ['settings_b', 'settings_d'] })
    expect(shards).toMatchObject([{ scope: { tables: ['settings_a', 'settings_c'] } }])
    expect(warnings.map(({ code, message }) => [code, message])).toEqual([
      ['W203', '2 of 4 settings tables are not as most are: column language is there besides'],
      ['W204', expect.stringContaining('left out: column "language" is character varying(5)')],
      ['W201', expect.any(String)],
    ])
  })

  it('names all problems of one look', async () => {
    await owners('a')
    await sql(
      "alter table settings_a add column language int; insert into owners values ('gone'); create table settings_stray (id int)",
    )
    const failure = (await plan(specOf(tenants('settings'), 'language', 'text'), lookAt(strict)).catch(
      (error: unknown) => error,
    )) as LockstepError
    expect([failure.code, ...failure.also.map(({ code }) => code)]).toEqual(['LS-2201', 'LS-2202', 'LS-2104'])
  })

  it('leaves out tables that have the column already, with this type, and remembers them', async () => {
    await owners('a', 'b')
    await sql('alter table settings_a add column language text')
    const { shards, memo } = await plan(specOf(tenants('settings'), 'language', 'text'))
    expect(shards.map(({ scope }) => scope)).toEqual([
      { schema: 'public', tables: ['settings_b'], around: ['settings_', ''] },
    ])
    expect(memo).toEqual({ had: ['settings_a'], excluded: [], strict: false })
  })

  it('cuts the name of an index where Postgres would', async () => {
    const table = 't'.repeat(60)
    await sql(`create table ${table} (id int primary key)`)
    const statements = statementsOf(await plan(specOf(table, 'language', 'text', { index: true })))
    await sql(statements.join(';'))
    expect(await findings(specOf(table, 'language', 'text', { index: true }))).toEqual([])
  })

  it('warns where new tenants would get the old shape', async () => {
    await owners('a')
    expect((await plan(specOf(tenants('settings'), 'language', 'text'))).warnings).toEqual([
      expect.objectContaining({ code: 'W201' }),
    ])
    await sql('create table orders (id int primary key)')
    expect((await plan(specOf('orders', 'language', 'text'))).warnings).toEqual([])
  })

  it('stands on the shape of the tables, not on their number', async () => {
    await owners('a', 'b')
    const spec = specOf(tenants('settings'), 'language', 'text')
    const first = await plan(spec)
    await sql("insert into owners values ('c'); create table settings_c (id int primary key)")
    expect((await plan(spec)).basis).toEqual(first.basis)
    await sql('alter table settings_c add column other int')
    expect((await plan(spec)).basis).not.toEqual(first.basis)
  })

  it('refuses a provisioning function it cannot extend', async () => {
    await owners('a')
    const spec = specOf(tenants('settings'), 'language', 'text')
    const with_ = (provision: string): Look => lookAt({ ...config, provision })
    await expect(plan(spec, with_('make(text)'))).rejects.toMatchObject({ code: 'LS-2204' })
    await sql("create function make(uid text) returns setof int language sql as 'select 1'")
    await expect(plan(spec, with_('make(text)'))).rejects.toMatchObject({ code: 'LS-2204' })
  })
})

describe('an expression as default', () => {
  it('is set for new rows, and filled in for old ones in a phase of its own', async () => {
    await sql('create table orders (id int primary key)')
    const { shards, effects, ...planned } = await plan(
      specOf('orders', 'token', 'uuid', { default: { sql: 'gen_random_uuid()' } }),
    )
    expect(shards.map(({ phase }) => phase)).toEqual(['expand', 'backfill'])
    expect(effects.map(({ phase, what }) => [phase, what])).toContainEqual([
      'backfill',
      'fill token with gen_random_uuid()',
    ])
    expect(statementsOf({ ...planned, shards, effects })).toEqual([
      'alter table "public"."orders" add column "token" uuid',
      'alter table "public"."orders" alter column "token" set default gen_random_uuid()',
      'update "public"."orders" set "token" = gen_random_uuid() where … and ("token" is null)',
    ])
  })

  it('needs a primary key, and says so before anything runs', async () => {
    await sql('create table log (at timestamptz)')
    await expect(plan(specOf('log', 'token', 'uuid', { default: { sql: 'gen_random_uuid()' } }))).rejects.toMatchObject(
      {
        code: 'LS-2107',
        where: { name: 'log' },
      },
    )
    await plan(specOf('log', 'token', 'text', { default: 'x' }))
  })

  it('is required only in the cutover', async () => {
    await sql('create table orders (id int primary key)')
    const { shards } = await plan(
      specOf('orders', 'token', 'uuid', { default: { sql: 'gen_random_uuid()' }, notNull: true }),
    )
    expect(shards.map(({ phase }) => phase)).toEqual(['expand', 'backfill', 'cutover'])
  })
})

describe('verify', () => {
  it('says what each table lacks', async () => {
    await owners('a', 'b', 'c', 'd')
    await sql(`alter table settings_b add column language varchar(5) default 'en' not null;
               alter table settings_c add column language text not null; create index on settings_c (language);
               alter table settings_d add column language text default 'en'; create index on settings_d (language)`)
    expect(
      await findings(specOf(tenants('settings'), 'language', 'text', { default: 'en', notNull: true, index: true })),
    ).toEqual([
      { where: 'settings_a', problem: 'column language is missing' },
      { where: 'settings_b', problem: 'column language has no valid index' },
      { where: 'settings_b', problem: 'column language is character varying(5), not text' },
      { where: 'settings_c', problem: 'column language has no default' },
      { where: 'settings_d', problem: 'column language can be null' },
    ])
  })

  it('sees that new tenants would be born without the column', async () => {
    await owners()
    await sql("create function make(uid text) returns void language sql as 'select'")
    const look = lookAt({ ...config, provision: 'make(text)' })
    expect(await findings(specOf(tenants('settings'), 'language', 'text'), look)).toEqual([
      { where: 'make(text)', problem: 'makes new tenants without column language' },
    ])
  })
})

describe('the extension of the provisioning function', () => {
  it('has a tag of its own for each change', () => {
    const tags = [
      specOf(tenants('settings'), 'language', 'text'),
      specOf(tenants('settings'), 'language', 'text', { default: 'en' }),
      specOf(tenants('settings'), 'tone', 'text'),
    ].map((spec) => extensionOf(spec).tag)
    expect(new Set(tags).size).toBe(3)
    for (const tag of tags) expect(tag).toMatch(/^[0-9a-f]{8}$/)
  })

  it('gives the statements that give any new table the column', async () => {
    const spec = specOf(tenants('settings'), "it's", 'text', { default: "a'b\\c", notNull: true, index: true })
    const table = `settings_${'Ab-9'.repeat(13)}`
    await sql(`create table "${table}" (id int primary key)`)
    await sql(`do $do$ declare lockstep_schema text := 'public'; lockstep_table text := '${table}';
               begin ${extensionOf(spec)
                 .statements.map((statement) => `execute ${statement};`)
                 .join(' ')} end $do$`)
    expect(await findings(specOf(table, "it's", 'text', { default: "a'b\\c", notNull: true, index: true }))).toEqual([])
    await sql(`insert into "${table}" (id) values (1)`)
    expect(await rows(`select "it's" as value from "${table}"`)).toEqual([{ value: "a'b\\c" }])
  })
})
