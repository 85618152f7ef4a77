import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { planStep } from '../../../../test/table-step.ts'
import { createPgliteTables } from '../../../stores/pglite/pglite-tables.ts'
import type { TableWriter } from '../../../stores/tables.ts'
import { createLook } from '../../look.ts'
import type { Look } from '../../operation.ts'
import { createTable, createTableStep } from './create-table.ts'
import type { CreateTableSpec } from './create-table.ts'
import type { CreateTableOptions, DeclaredTable } from './table-options.ts'

let tables: TableWriter

beforeAll(async () => {
  tables = await createPgliteTables({})
  await run(
    'create role reader; create role keeper; create publication changes; create extension vector schema pg_catalog',
  )
})

afterAll(() => tables.close())

beforeEach(() =>
  run(`drop schema public cascade; create schema public; drop schema if exists lockstep cascade; create schema lockstep;
drop schema if exists app cascade; create schema app; create type app.mood as enum ('calm'); set search_path = public, app`),
)

const run = (sql: string): Promise<void> => tables.transaction((q) => q.script(sql))

const rows = (sql: string): Promise<readonly Record<string, unknown>[]> => tables.read((q) => q.query(sql))

const look = (tenants?: Parameters<typeof createLook>[0]['tenants']): Look =>
  createLook({
    documents: {} as Look['documents'],
    indexes: {} as Parameters<typeof createLook>[0]['indexes'],
    tables,
    tenants,
    clock: { now: () => 0, sleep: () => Promise.resolve() },
  })

const spec = (options: CreateTableOptions, target = 'events'): CreateTableSpec =>
  createTable.parse(createTableStep(target, options).spec)

const simple = { columns: { id: 'int', at: 'timestamptz' } } satisfies DeclaredTable

describe('parse', () => {
  it.each<[string, unknown, string]>([
    ['no columns', { columns: {} }, 'no columns'],
    ['a key of no column', { ...simple, primaryKey: 'no' }, 'no column no'],
    ['an index on no column', { ...simple, indexes: [{ on: ['no'] }] }, 'no column no'],
    ['two ways to a value', { columns: { id: { type: 'int', identity: 'always', default: 1 } } }, 'more than one'],
    ['a policy that says nothing', { ...simple, policies: [{ name: 'p', to: 'reader' }] }, 'neither'],
    [
      'a policy with a check on nothing',
      { ...simple, policies: [{ name: 'p', for: 'select', to: 'reader', check: 'true' }] },
      'no check',
    ],
    [
      'a policy on what is not there yet',
      { ...simple, policies: [{ name: 'p', for: 'insert', to: 'reader', using: 'true' }] },
      'check only',
    ],
    ['a policy for whom?', { ...simple, policies: [{ name: 'p', using: 'true' }] }, 'to'],
    ['an unknown right', { ...simple, grants: { reader: 'read' } }, 'grants'],
    ['both a copy and columns', { ...simple, like: 'other' }, 'columns'],
    ['neither', {}, 'columns'],
  ])('refuses %s', (_, options, message) => {
    expect(() => createTable.parse({ target: { table: 'events' }, options })).toThrow(
      expect.objectContaining({ code: 'LS-2002', message: expect.stringContaining(message) }),
    )
  })
})

describe('plan', () => {
  it('shows the statements, and that nobody has a right who is not named', async () => {
    await run('alter default privileges in schema public grant select, update on tables to reader')
    const { effects, warnings, shards } = await createTable.plan(
      spec({ ...simple, grants: { reader: 'select' } }),
      look(),
    )
    expect(effects[0]?.statements).toEqual(
      expect.arrayContaining([
        'alter table "public"."events" enable row level security',
        expect.stringContaining('revoke all on'),
        'grant select on "public"."events" to "reader"',
      ]),
    )
    expect(warnings.map(({ code }) => code)).toEqual(['W218', 'W219'])
    expect(warnings[0]?.message).toContain('reader (update)')
    expect(warnings[0]?.message).not.toContain('select')
    expect(shards).toMatchObject([{ phase: 'expand', scope: { schema: 'public', tables: ['events'] } }])
  })

  it('says what is locked, open, and without an index', async () => {
    await run('create table customers (id int primary key)')
    const { warnings, effects } = await createTable.plan(
      spec({
        ...simple,
        rowSecurity: false,
        grants: { public: 'select' },
        foreignKeys: [{ columns: ['id'], references: 'customers' }],
      }),
      look(),
    )
    expect(warnings.map(({ code }) => code)).toEqual(['W219', 'W220', 'W214'])
    expect(effects[0]?.lock).toContain('SHARE ROW EXCLUSIVE on customers')
  })

  it.each<[string, CreateTableOptions, string, string]>([
    ['a type', { columns: { id: 'strange' } }, 'LS-2108', 'strange'],
    ['a default', { columns: { id: { type: 'int', default: 'x' } } }, 'LS-2127', 'the default of id'],
    ['a check', { ...simple, checks: ['nothing > 0'] }, 'LS-2127', 'nothing'],
    ['a check that is no condition', { ...simple, checks: ['id + 1'] }, 'LS-2127', 'check'],
    ['a policy', { ...simple, policies: [{ name: 'p', to: 'reader', using: 'mine(id)' }] }, 'LS-2127', 'mine'],
    ['a name that depends on the search path', { ...simple, checks: ["id::text::mood = 'calm'"] }, 'LS-2127', 'mood'],
    ['a role', { ...simple, grants: { nobody_here: 'all' } }, 'LS-2127', 'no role nobody_here'],
    ['an owner', { ...simple, owner: 'keeper' }, 'LS-2127', 'keeper cannot be made the owner'],
    ['a publication', { ...simple, publication: 'news' }, 'LS-2127', 'no publication news'],
    [
      'an operator class',
      { ...simple, indexes: [{ on: ['id'], opclass: 'vector_l2_ops' }] },
      'LS-2127',
      'vector_l2_ops',
    ],
    ['a table to refer to', { ...simple, foreignKeys: [{ columns: ['id'], references: 'gone' }] }, 'LS-2107', 'gone'],
    ['a table to copy', { like: 'gone' }, 'LS-2107', 'gone'],
  ])('refuses %s that is not there', async (_, options, code, message) => {
    await expect(createTable.plan(spec(options), look())).rejects.toMatchObject({
      code,
      message: expect.stringContaining(message),
    })
  })

  it('refuses schemas that others keep, and views under the name', async () => {
    await expect(createTable.plan(spec(simple, 'auth.events'), look())).rejects.toMatchObject({ code: 'LS-2111' })
    await expect(createTable.plan(spec(simple, 'nowhere.events'), look())).rejects.toMatchObject({ code: 'LS-2127' })
    await run('create view views as select 1 as id')
    await expect(createTable.plan(spec({ like: 'views' }), look())).rejects.toMatchObject({ code: 'LS-2126' })
  })
})

const full: DeclaredTable = {
  columns: {
    id: { type: 'int8', identity: 'by default' },
    mood: { type: 'mood', default: 'calm' },
    kind: { type: 'varchar(20)', notNull: true, default: 'note' },
    share: { type: 'numeric(5,2)[]' },
    at: { type: 'timestamptz(3)', default: { sql: "now() - interval '1 day'" } },
    place: { type: 'vector(3)' },
    name: { type: 'text', collation: 'C' },
    upper: { type: 'text', generated: 'upper(name)' },
  },
  primaryKey: ['id'],
  unique: [['kind', 'at']],
  indexes: [
    {
      on: [{ column: 'at', order: 'desc', nulls: 'last' }],
      include: ['kind'],
      where: "kind <> 'x' and at is not null",
    },
    { on: ['place'], using: 'hnsw', opclass: 'vector_cosine_ops', with: { m: 8 } },
    { on: { expression: "coalesce(name, '')" } },
  ],
  checks: ["kind in ('note', 'call') or kind like 'x%'", 'id between 0 and 10'],
  policies: [
    {
      name: 'mine',
      to: ['reader', 'keeper'],
      using: "name = (select current_setting('app.me', true))",
      check: 'id > 0',
    },
    { name: 'never', for: 'delete', to: 'public', using: 'false', restrictive: true },
  ],
  grants: { reader: ['update', 'select'] },
  rowSecurity: 'forced',
  publication: 'changes',
  storage: { fillfactor: 80, autovacuum_enabled: false },
  comment: "it's all",
}

describe('a table that is there', () => {
  it('counts as made, however its definition was written', async () => {
    const step = await planStep(createTable, spec(full), look(), tables)
    expect(await step.work('expand')).toBe(1)
    expect(await step.verify()).toEqual([])
    const again = await createTable.plan(spec(full), look())
    expect(again).toMatchObject({ effects: [], shards: [], memo: { had: ['events'] } })
    expect(await createTable.reverting(spec(full), look(), again.memo)).toEqual([])
  })

  it.each<[string, string, string]>([
    ['a column besides', 'add column more int', 'column more is there besides'],
    ['a column of another type', 'alter column share type numeric(6,2)[]', 'share is numeric(6,2)[]'],
    ['another default', "alter column kind set default 'call'", 'kind has another default'],
    ['no default', 'alter column at drop default', 'at has no default'],
    ['a value that may be missing', 'alter column kind drop not null', 'kind can be null'],
    ['another check', 'drop constraint events_id_check, add check (id between 0 and 11)', 'between'],
    ['a right more', '', 'delete to keeper is granted besides'],
    ['row security off', 'disable row level security', 'row security is off'],
    ['a setting', 'reset (fillfactor)', 'storage parameters'],
  ])('is refused with %s', async (_, change, told) => {
    const step = await planStep(createTable, spec(full), look(), tables)
    await step.work('expand')
    await run(change === '' ? 'grant delete on events to keeper' : `alter table events ${change}`)
    await expect(createTable.plan(spec(full), look())).rejects.toMatchObject({
      code: 'LS-2126',
      message: expect.stringContaining(told),
    })
    expect(await step.verify()).toMatchObject([{ where: 'events', problem: expect.stringContaining(told) }])
  })

  it.each<[string, string]>([
    ['another policy', "alter policy mine on events using (name = (select current_setting('app.you', true)))"],
    [
      'another condition of an index',
      "drop index events_at_kind_idx; create index on events (at desc nulls last) include (kind) where kind <> 'y' and at is not null",
    ],
    ['another comment', "comment on table events is 'else'"],
    ['no publication', 'alter publication changes drop table events'],
  ])('is refused with %s', async (_, change) => {
    await (await planStep(createTable, spec(full), look(), tables)).work('expand')
    await run(change)
    await expect(createTable.plan(spec(full), look())).rejects.toMatchObject({ code: 'LS-2126' })
  })
})

describe('what is made', () => {
  it('is not kept where something else opened it meanwhile', async () => {
    await run(`create function open_up() returns event_trigger language plpgsql as $$
      begin
        if to_regclass('public.events') is not null
          and not has_table_privilege('keeper', 'public.events', 'select') then
          execute 'grant select on public.events to keeper';
        end if;
      end $$; create event trigger open_up on ddl_command_end when tag in ('ALTER TABLE', 'GRANT') execute function open_up()`)
    try {
      const step = await planStep(createTable, spec({ ...simple, grants: { reader: 'select' } }), look(), tables)
      await expect(step.work('expand')).rejects.toMatchObject({
        code: 'LS-2127',
        message: expect.stringContaining('select to keeper is granted besides'),
      })
    } finally {
      await run('drop event trigger open_up')
    }
    expect(await rows("select to_regclass('public.events') as found")).toEqual([{ found: null }])
  })

  it('gives rights on its sequence to nobody', async () => {
    await run('alter default privileges in schema public grant all on sequences to reader')
    await (await planStep(createTable, spec(full), look(), tables)).work('expand')
    expect(await rows("select has_sequence_privilege('reader', 'events_id_seq', 'usage') as usage")).toEqual([
      { usage: false },
    ])
  })
})

describe('down', () => {
  it('drops an empty table, and keeps one with rows, told', async () => {
    await run('create table customers (id int primary key); insert into customers values (1)')
    const own = { ...full, foreignKeys: [{ columns: ['id'], references: 'customers' }] }
    const step = await planStep(createTable, spec(own), look(), tables)
    await step.work('expand')
    await run("insert into events (id, name) values (1, 'a')")
    await step.down()
    expect(step.told).toEqual([expect.stringMatching(/^events holds rows .* lockstep\.kept_events_\d+ now/)])
    const name = /lockstep\.kept_events_\d+/.exec(step.told[0] ?? '')?.[0] ?? ''
    expect(await rows(`select id, name, upper from ${name}`)).toEqual([{ id: '1', name: 'a', upper: 'A' }])
    await run('delete from customers')
    await step.work('expand')
    await step.down()
    expect(await rows("select to_regclass('public.events') as found")).toEqual([{ found: null }])
    expect(step.told).toHaveLength(1)
  })

  it.each(['create view seen as select * from events', 'create table parts (event bigint references events)'])(
    'refuses where others built on it: %s',
    async (sql) => {
      const step = await planStep(createTable, spec(full), look(), tables)
      await step.work('expand')
      await run(sql)
      await expect(step.down()).rejects.toMatchObject({ code: 'LS-2128' })
    },
  )
})

describe('tenants', () => {
  const tenants = {
    source: { from: 'sql', sql: 'select uid from owners order by 1' },
    key: 'plain',
    tables: { notes: 'notes_{key}', tags: 'tags_{key}' },
    provision: 'make(text)',
  } as const
  const tags = createTable.parse(
    createTableStep(
      { tenants: 'tags' },
      { columns: { id: 'int' }, foreignKeys: [{ columns: ['id'], references: 'notes_{key}' }] },
    ).spec,
  )

  beforeEach(() =>
    run(`create table owners (uid text); insert into owners values ('ada'), ('bob'), ('eve');
create function make(uid text) returns void language plpgsql set search_path = '' as $$
begin execute pg_catalog.format('create table public.%I (id int primary key)', 'notes_' || uid); end $$;
select make('ada'); select make('bob'); create table tags_bob (other int); create table tags_gone (id int)`),
  )

  it('are left out where their table is another one, or what it refers to is not there', async () => {
    const { warnings, leftOut, effects } = await createTable.plan(tags, look(tenants))
    expect(warnings.map(({ code }) => code)).toEqual(['W202', 'W204', 'W204', 'W220', 'W214'])
    expect(leftOut?.map(({ name }) => name)).toEqual(['tags_gone', 'tags_bob', 'tags_eve'])
    expect(effects.map(({ count }) => count.value)).toEqual([1, 1])
    const strict = look({ ...tenants, mismatches: 'error' })
    await expect(createTable.plan(tags, strict)).rejects.toMatchObject({ code: 'LS-2126' })
  })

  it('are born with it, and counted where they lack it', async () => {
    const step = await planStep(createTable, tags, look(tenants), tables)
    expect(await createTable.behind(tags, look(tenants), step.plan.memo)).toBe(1)
    await step.work('expand')
    await run("insert into owners values ('new'); select make('new'), make('eve')")
    expect(await rows("select relrowsecurity as on from pg_class where relname in ('tags_new', 'tags_eve')")).toEqual([
      { on: true },
      { on: true },
    ])
    expect(await createTable.behind(tags, look(tenants), step.plan.memo)).toBe(0)
    expect(await step.verify()).toEqual([])
    expect(await createTable.remaining(tags, 'contract', look(tenants), step.plan.memo)).toEqual([])
  })
})

it('gives the linter what is declared', () => {
  const [text] = createTable.sql?.(spec({ ...simple, checks: ['id > 0'] })) ?? []
  expect(text?.text).toContain('alter table "public"."events" add check (id > 0);')
  expect(createTable.sql?.(spec({ like: 'other' }))).toEqual([])
})
