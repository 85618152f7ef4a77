import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createPgliteTables } from '../../../stores/pglite/pglite-tables.ts'
import type { TableWriter } from '../../../stores/tables.ts'
import type { Look, StepPlan } from '../../operation.ts'
import { renameColumn, renameColumnStep } from './rename-column.ts'

let tables: TableWriter

beforeAll(async () => {
  tables = await createPgliteTables({})
})

afterAll(() => tables.close())

beforeEach(() =>
  tables.transaction((q) =>
    q.script('drop schema public cascade; create schema public; drop schema if exists lockstep_sync cascade'),
  ),
)

const sql = (text: string): Promise<void> => tables.transaction((q) => q.script(text))
const plan = (from = 'mail', to = 'email'): Promise<StepPlan> => {
  const documents = {} as Look['documents']
  const look: Look = { documents, tables, fleet: () => Promise.reject(new Error('no tenants here')) }
  return renameColumn.plan(renameColumn.parse(renameColumnStep('users', from, to).spec), look)
}

describe('parse', () => {
  it.each([
    ['the same name', { target: { table: 'users' }, from: 'mail', to: 'mail', options: {} }, 'LS-2002'],
    ['a view', { target: { table: 'users' }, from: 'mail', to: 'email', options: { through: 'view' } }, 'LS-2002'],
    ['64 bytes', { target: { table: 'users' }, from: 'mail', to: 'e'.repeat(64), options: {} }, 'LS-2105'],
  ])('refuses %s', (_, spec, code) => {
    expect(() => renameColumn.parse(spec)).toThrow(expect.objectContaining({ code }))
  })
})

describe('plan', () => {
  it.each([
    [
      'a policy',
      'create table users (id int primary key, mail text); create policy p on users using (mail is not null)',
      'LS-2123',
    ],
    [
      'a trigger of the column',
      "create table users (id int primary key, mail text); create function f() returns trigger language plpgsql as 'begin return new; end'; create trigger t before update of mail on users for each row execute function f()",
      'LS-2123',
    ],
    [
      'a foreign key of another table',
      'create table users (id int primary key, mail text); create unique index on users (mail); create table others (mail text references users (mail))',
      'LS-2123',
    ],
    [
      'a generated column',
      'create table users (id int primary key, mail text, low text generated always as (lower(mail)) stored)',
      'LS-2123',
    ],
    ['a name that is taken', 'create table users (id int primary key, mail text, email text)', 'LS-2104'],
    [
      'a name that another index has',
      'create table users (id int primary key, mail text); create index mail_idx on users (mail); create index email_idx on users (id)',
      'LS-2124',
    ],
    ['a type without equality', 'create table users (id int primary key, mail json)', 'LS-2108'],
    ['a missing column', 'create table users (id int primary key)', 'LS-2122'],
  ])('refuses %s', async (_, before, code) => {
    await sql(before)
    await expect(plan()).rejects.toThrow(expect.objectContaining({ code }))
  })

  it('works with names of every kind, and with what hangs on them', async () => {
    const odd = `o"d'd %s $1`
    await sql(`create table users (id int primary key, "o""d'd %s $1" varchar(7) not null default 'it''s', "new" int);
      insert into users (id) values (1)`)
    const { effects } = await plan(odd, 'Mail')
    for (const { phase, statements } of effects) {
      if (phase === 'contract') await sql(`insert into users (id, "Mail") values (2, 'b')`)
      await sql(statements.join(';').replace('where … and', 'where'))
    }
    await sql(`insert into users (id) values (3)`)
    expect(await tables.read((q) => q.query('select id, "Mail" from users order by id'))).toEqual([
      { id: 1, Mail: "it's" },
      { id: 2, Mail: 'b' },
      { id: 3, Mail: "it's" },
    ])
  })
})
