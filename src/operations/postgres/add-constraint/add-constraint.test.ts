import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createPgliteTables } from '../../../stores/pglite/pglite-tables.ts'
import type { TableWriter } from '../../../stores/tables.ts'
import { readFleet } from '../../../tenants/fleet.ts'
import { tenants } from '../../../tenants/tenants-config.ts'
import type { TenantsConfig } from '../../../tenants/tenants-config.ts'
import type { Look, StepPlan } from '../../operation.ts'
import { addConstraint, addConstraintStep } from './add-constraint.ts'
import type { AddConstraintSpec } from './add-constraint.ts'
import { extensionOf, lastExtensionOf } from './constraint-sql.ts'

let tables: TableWriter

beforeAll(async () => {
  tables = await createPgliteTables({})
})
afterAll(() => tables.close())
beforeEach(() => sql('drop schema public cascade; create schema public'))

const config: TenantsConfig = {
  source: { from: 'sql', sql: "select unnest(array['a', 'b'])" },
  key: 'plain',
  tables: { notes: 'notes_{key}', settings: 'settings_{key}' },
}
const documents = {} as Look['documents']
const look: Look = {
  documents,
  get tables() {
    return tables
  },
  fleet: () => readFleet({ config, documents, tables, grace: () => Promise.resolve() }),
}
const strict = (): Look => ({
  ...look,
  fleet: () =>
    readFleet({ config: { ...config, mismatches: 'error' }, documents, tables, grace: () => Promise.resolve() }),
})
type Given = Parameters<typeof addConstraintStep>
const sql = (text: string): Promise<void> => tables.transaction((q) => q.script(text))
const rows = (text: string): Promise<readonly object[]> => tables.read((q) => q.query(text))
const specOf = (...given: Given): AddConstraintSpec => addConstraint.parse(addConstraintStep(...given).spec)
const plan = (...given: Given): Promise<StepPlan> => addConstraint.plan(specOf(...given), look)
const statementsOf = ({ effects }: StepPlan): readonly string[] => effects.flatMap(({ statements }) => statements)
const failure = (...given: Given): Promise<unknown> =>
  plan(...given).then(
    () => 'planned',
    (error: unknown) => error,
  )

describe('parse', () => {
  it.each<[string, Given, string]>([
    ['an empty check', ['t', { check: '' }], 'LS-2002'],
    ['no column', ['t', { unique: [] }], 'LS-2002'],
    [
      'an action that is none',
      ['t', { foreignKey: 'a', references: 'u', onDelete: 'explode' as 'cascade' }],
      'LS-2002',
    ],
    ['one name for the indexes of many tables', [tenants('notes'), { unique: 'a', name: 'x' }], 'LS-2125'],
    ['a tenant’s table for all', ['t', { foreignKey: 'a', references: 'u_{key}' }], 'LS-2125'],
  ])('refuses %s', (_, given, code) => {
    expect(() => specOf(...given)).toThrow(expect.objectContaining({ code }))
  })
})

describe('a constraint that is there', () => {
  it.each<[string, string, Given]>([
    ['a check', "check (a > 0 and b <> 'Q')", ['t', { check: "a > 0 and b <> 'Q'" }]],
    ['a unique constraint', 'unique (a, b)', ['t', { unique: ['a', 'b'] }]],
    ['a primary key', 'primary key (a)', ['t', { primaryKey: 'a' }]],
    [
      'a foreign key',
      'foreign key (a) references u (id) on delete cascade',
      ['t', { foreignKey: 'a', references: 'u', onDelete: 'cascade' }],
    ],
    [
      'one to other columns',
      'foreign key (a) references u (code)',
      ['t', { foreignKey: 'a', references: 'public.u', to: 'code' }],
    ],
  ])('is found whatever its name: %s', async (_, existing, given) => {
    await sql(`create table u (id int primary key, code int unique); create table t (a int, b text);
      alter table t add constraint theirs ${existing}`)
    expect(statementsOf(await plan(...given))).toEqual([])
    await sql('alter table t drop constraint theirs')
    await sql(statementsOf(await plan(...given)).join(';'))
    expect(statementsOf(await plan(...given))).toEqual([])
  })

  it.each<[string, string, Given]>([
    ['says something else', 'check (a > 1)', ['t', { check: 'a > 0' }]],
    [
      'does something else',
      'foreign key (a) references u',
      ['t', { foreignKey: 'a', references: 'u', onDelete: 'cascade' }],
    ],
    ['is not validated', 'check (a > 0) not valid', ['t', { check: 'a > 0' }]],
  ])('is another one when it %s', async (_, existing, given) => {
    await sql(
      `create table u (id int primary key); create table t (a int, b text); alter table t add constraint theirs ${existing}`,
    )
    expect(statementsOf(await plan(...given))).not.toEqual([])
  })

  it('of our name that says something else is told', async () => {
    await sql('create table t (a int, b int, constraint t_a_key unique (b)); create unique index t_b_key on t (b)')
    expect(await failure('t', { unique: 'a' })).toMatchObject({ code: 'LS-2124', where: { name: 't' } })
    expect(await failure('t', { primaryKey: 'b' })).toBe('planned')
    expect(await failure('t', { check: 'a > 0', name: 't_a_key' })).toMatchObject({ code: 'LS-2124' })
  })
})

describe('plan', () => {
  it.each<[string, Given, string]>([
    ['a check', [tenants('notes'), { check: "word <> 'secret'" }], 'notes_a (2), notes_b (1)'],
    ['a unique constraint', [tenants('notes'), { unique: 'word' }], 'notes_a (1)'],
    ['a primary key', [tenants('notes'), { primaryKey: 'word' }], 'notes_a (2), notes_b (1)'],
    ['a foreign key', [tenants('notes'), { foreignKey: 'owner', references: 'settings_{key}' }], 'notes_a (2)'],
  ])(
    'counts violations of %s a table, without telling them, and leaves those tables out or stops',
    async (_, given, where) => {
      await sql(`create table settings_a (id int primary key); create table settings_b (id int primary key);
      create table notes_a (owner int, word text); create table notes_b (owner int, word text);
      insert into settings_b values (7); insert into notes_b values (7, 'secret'), (7, null);
      insert into notes_a values (7, 'secret'), (8, 'secret'), (null, null)`)
      const error = await addConstraint.plan(specOf(...given), strict()).catch((each: unknown) => each)
      expect(error).toMatchObject({ code: 'LS-2121', where: { name: where } })
      const { leftOut, warnings } = await plan(...given)
      expect(leftOut?.map(({ name }) => name).sort()).toEqual(where.split(', ').map((each) => each.slice(0, 7)))
      expect(warnings).toContainEqual(
        expect.objectContaining({ code: 'W204', message: expect.stringContaining(where) }),
      )
    },
  )

  it.each<[string, Given, string]>([
    ['a column that is not there', ['t', { unique: 'nowhere' }], 'LS-2122'],
    ['a check the server cannot read', ['t', { check: 'nowhere > 1' }], 'LS-2108'],
    ['a check that is no condition', ['t', { check: 'a + 1' }], 'LS-2108'],
    ['a second primary key', ['u', { primaryKey: 'code' }], 'LS-2125'],
    ['a table that is not there', ['t', { foreignKey: 'a', references: 'nowhere' }], 'LS-2107'],
    ['a key that is not there', ['t', { foreignKey: 'a', references: 't' }], 'LS-2125'],
    ['columns that are no key', ['t', { foreignKey: 'a', references: 'u', to: 'code' }], 'LS-2125'],
  ])('refuses %s', async (_, given, code) => {
    await sql('create table u (id int primary key, code int); create table t (a int)')
    expect(await failure(...given)).toMatchObject({ code })
  })

  it('says from when on clients get errors, and what lacks an index', async () => {
    await sql('create table u (id int primary key); create table t (a int)')
    const codes = async (): Promise<readonly string[]> =>
      (await plan('t', { foreignKey: 'a', references: 'u' })).warnings.map(({ code }) => code)
    expect(await codes()).toEqual(['W213', 'W214'])
    await sql('create index on t (a)')
    expect(await codes()).toEqual(['W213'])
  })

  it('has tiny tables checked at once, larger ones and those with partitions NOT VALID first', async () => {
    await sql(`create table tiny (a int); create table large (a int, b text) with (fillfactor = 10);
      insert into large select n, repeat('x', 500) from generate_series(1, 20) n;
      create table parted (a int) partition by list (a); create table part partition of parted for values in (1)`)
    const check = { check: 'a > 0', name: 'positive' }
    const add = (table: string): string => `alter table "public"."${table}" add constraint "positive" check (a > 0)`
    expect(statementsOf(await plan('tiny', check))).toEqual([add('tiny')])
    for (const table of ['large', 'parted'])
      expect(statementsOf(await plan(table, check))).toEqual([
        `${add(table)} not valid`,
        `alter table "public"."${table}" validate constraint "positive"`,
      ])
    await sql(`${add('tiny')} not valid`)
    expect(statementsOf(await plan('tiny', check))).toEqual([
      'alter table "public"."tiny" validate constraint "positive"',
    ])
  })

  it('changes nothing before the cutover, and scans under no exclusive lock', async () => {
    await sql('create table t (a int)')
    const { effects } = await plan('t', { primaryKey: 'a' })
    expect(effects.map(({ phase, what }) => [phase, what.split(',')[0]])).toEqual([
      ['cutover', 'check that its columns are not null'],
      ['cutover', 'validate that for the rows there are'],
      ['cutover', 'index primary key (a) of small tables'],
      ['cutover', 'make the index the primary key'],
    ])
  })
})

it('new tenants get what others have', async () => {
  const key = 'Ab-9'.repeat(11)
  await sql(`create table "notes_${key}" (id int, "it's" int); create table "set_${key}" (id int primary key)`)
  const specs = [
    specOf(tenants('notes'), { primaryKey: 'id' }),
    specOf(tenants('notes'), { unique: "it's" }),
    specOf(tenants('notes'), { check: '"it\'s" > 0' }),
    specOf(tenants('notes'), { foreignKey: "it's", references: 'set_{key}' }),
    specOf(tenants('notes'), { foreignKey: "it's", references: 'nowhere_{key}' }),
  ]
  const born = ({ lacks, statements }: ReturnType<typeof extensionOf>): Promise<void> =>
    sql(`do $do$ declare lockstep_schema text := 'public'; lockstep_key text := '${key}';
      lockstep_table text := 'notes_' || lockstep_key; lockstep_oid oid := to_regclass(quote_ident(lockstep_table));
      begin if ${lacks} then ${statements.map((statement) => `execute ${statement};`).join(' ')} end if; end $do$`)
  for (const spec of [...specs, ...specs]) await born(extensionOf(spec))
  const kindsOf = (): Promise<readonly object[]> =>
    rows(
      `select contype as kind from pg_constraint where conrelid = '"notes_${key}"'::regclass and contype in ('c', 'f', 'p', 'u') order by 1`,
    )
  const found = await kindsOf()
  // The second check is the mark of a column that could be NULL before it was the key's.
  expect(found).toEqual(['c', 'c', 'f', 'p', 'u'].map((kind) => ({ kind })))
  for (const spec of [...specs, ...specs]) {
    const last = lastExtensionOf(spec)
    if (last !== undefined) await born(last)
  }
  expect(await kindsOf()).toEqual(['c', 'f', 'p', 'u'].map((kind) => ({ kind })))
})
