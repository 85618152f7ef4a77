import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createPgliteTables } from '../../../stores/pglite/pglite-tables.ts'
import type { TableWriter } from '../../../stores/tables.ts'
import { planStep } from '../../../../test/table-step.ts'
import type { TableStep } from '../../../../test/table-step.ts'
import { LockstepError } from '../../../kernel/errors.ts'
import type { Look } from '../../operation.ts'
import { replaceFunction, replaceFunctionStep } from './replace-function.ts'
import type { ReplaceFunctionOptions, ReplaceFunctionSpec } from './replace-function.ts'

let tables: TableWriter

beforeAll(async () => {
  tables = await createPgliteTables({})
  await sql('create role stranger; create role caller')
})

afterAll(() => tables.close())

beforeEach(() =>
  sql(`alter default privileges in schema public revoke execute on functions from stranger;
       drop schema public cascade; create schema public`),
)

const sql = (text: string): Promise<void> => tables.transaction((q) => q.script(text))

function lookAt(): Look {
  const fleet = (): Promise<never> => Promise.reject(new LockstepError('LS-2203', 'none'))
  return { documents: {} as Look['documents'], tables, fleet }
}

function specOf(name: string, text: string, options: Omit<ReplaceFunctionOptions, 'file'> = {}): ReplaceFunctionSpec {
  return replaceFunction.parse(replaceFunctionStep(name, { file: 'sql/f.sql', ...options }).spec, () => text)
}

const run = (spec: ReplaceFunctionSpec, look = lookAt()): Promise<TableStep> =>
  planStep(replaceFunction, spec, look, tables)

const body = (text: string): string => `create or replace function f(a int) returns int language sql as $$ ${text} $$`

describe('the file', () => {
  it.each([
    ['no function', 'select 1'],
    ['two functions', `${body('select 1')}; ${body('select 2')}`],
    ['a grant beside it', `${body('select 1')}; grant execute on function f(int) to caller`],
    ['no SQL', 'create function f( returns'],
    ['a body that is no PL/pgSQL', 'create function f(a int) returns int language plpgsql as $$ begin retur 1; end $$'],
    ['a body that is no SQL', body('selec 1')],
    ['a type that is not there', 'create function f(a nowhere) returns int language sql as $$ select 1 $$'],
  ])('with %s is LS-2602', async (_, text) => {
    await sql(body('select 1'))
    await expect(run(specOf('f', text))).rejects.toMatchObject({ code: 'LS-2602', where: { name: 'sql/f.sql' } })
  })

  it('needs options that fit', () => {
    const parse = (options: object) => () => replaceFunction.parse({ function: 'f', options }, () => body('select 1'))
    expect(parse({})).toThrow(expect.objectContaining({ code: 'LS-2002' }))
    expect(parse({ file: 'x.sql', drop: true })).toThrow(expect.objectContaining({ code: 'LS-2002' }))
    expect(parse({ file: 'x.sql', keepOld: true, shim: 'select 1' })).toThrow(/keepOld and shim/)
    expect(parse({ file: 'x.sql', allow: { 'open-search-path': ' ' } })).toThrow(/say why/)
  })
})

describe('plan', () => {
  it('names what depends on the function and what only speaks of it', async () => {
    await sql(`${body('select a')}; create view v as select f(1) as one; create table t (id int default f(2));
               create function g() returns int language plpgsql as $$ begin return f(3); end $$;
               create function other() returns int language sql as $$ select 1 as ff $$`)
    const { plan } = await run(specOf('f', body('select a + 1')))
    const [effect] = plan.effects
    expect(effect?.what).toContain('rule _RETURN on view public.v')
    expect(effect?.what).toContain('default value for column id of table public.t')
    expect(effect?.what).toContain('named in the source of g()')
    expect(effect?.lock).toBe('none that blocks calls')
    expect(plan.warnings).toEqual([])
  })

  it('asks for argument types where a name has several functions', async () => {
    await sql(`${body('select 1')}; create function f(a text) returns int language sql as $$ select 1 $$`)
    await expect(run(specOf('f', body('select 2')))).rejects.toMatchObject({
      code: 'LS-2601',
      hint: /f\(integer\) or f\(text\)/,
    })
    const { plan } = await run(specOf('f(int)', body('select 2')))
    expect(plan.shards).toEqual([{ phase: 'cutover', stage: 0, scope: { replace: 'f(int)' }, estimate: 1 }])
    await expect(run(specOf('f(date)', body('select 2')))).resolves.toMatchObject({})
    await expect(run(specOf('nowhere', body('select 2')))).rejects.toMatchObject({ code: 'LS-2601' })
  })

  it.each([
    ['an index', 'create index on t (f(id))', /index/],
    ['a generated column', 'alter table t add column g int generated always as (f(id)) stored', /generated column/],
    ['a materialized view', 'create materialized view m as select f(1) as one', /materialized/],
  ])('refuses another signature where %s calls it', async (_, statement, name) => {
    await sql(
      `create function f(a int) returns int language sql immutable as $$ select a $$; create table t (id int); ${statement}`,
    )
    const renamed = 'create function f(b int) returns int language sql immutable as $$ select b $$'
    await expect(run(specOf('f', renamed))).rejects.toMatchObject({
      code: 'LS-2604',
      where: { name: expect.stringMatching(name) },
    })
    const same = 'create function f(a int) returns int language sql immutable as $$ select a + 0 $$'
    await expect(run(specOf('f', same))).resolves.toMatchObject({})
  })

  it('refuses to keep an old signature that the new one takes the place of', async () => {
    await sql(body('select 1'))
    const text = 'create function f(b int) returns int language sql as $$ select b $$'
    await expect(run(specOf('f', text, { keepOld: true }))).rejects.toMatchObject({ code: 'LS-2601' })
    await expect(run(specOf('f', body('select 2'), { keepOld: true }))).rejects.toMatchObject({ code: 'LS-2601' })
    const other = 'create function f2(b int) returns int language sql as $$ select b $$'
    await expect(run(specOf('f', other))).rejects.toMatchObject({ code: 'LS-2601', message: /another name/ })
    await expect(run(specOf('f', other, { keepOld: true }))).resolves.toMatchObject({})
  })

  it('refuses a definer with the path of its caller, unless a reason is given', async () => {
    await sql(body('select 1'))
    const open = body('select 2').replace('language sql', 'language sql security definer')
    await expect(run(specOf('f', open))).rejects.toMatchObject({ code: 'LS-2603', hint: /SET search_path = ''/ })
    await expect(run(specOf('f', open, { allow: { 'open-search-path': 'a test' } }))).resolves.toMatchObject({})
    const pinned = open.replace('definer', "definer set search_path = ''")
    const { plan } = await run(specOf('f', pinned))
    expect(plan.warnings).toEqual([expect.objectContaining({ code: 'W301' })])
    const { plan: limited } = await run(specOf('f', pinned, { execute: ['caller'] }))
    expect(limited.warnings).toEqual([])
    await expect(run(specOf('f', pinned, { execute: ['nobody'] }))).rejects.toMatchObject({ code: 'LS-2601' })
  })

  it('warns of callers that break, and of calls by name that fit both', async () => {
    await sql(body('select 1'))
    const longer = 'create function f(a int, b int default 2) returns int language sql as $$ select a + b $$'
    expect((await run(specOf('f', longer))).plan.warnings).toEqual([expect.objectContaining({ code: 'W302' })])
    expect((await run(specOf('f', longer, { keepOld: true }))).plan.warnings).toEqual([
      expect.objectContaining({ code: 'W303' }),
    ])
  })
})

describe('verify', () => {
  it.each([
    ['a parsed body', 'create or replace function f(a int) returns int return a + 1', 'return a + 2'],
    ['a default', `create or replace function f(a int default 1) returns int language sql as 'select a'`, 'default 2'],
  ])('sees that someone changed %s', async (_, text, other) => {
    await sql(body('select 7'))
    const { work, verify } = await run(specOf('f', text))
    expect(await work('cutover')).toBe(1)
    expect(await verify()).toEqual([])
    await sql(text.replace(/return a \+ 1|default 1/, other))
    expect(await verify()).toEqual([
      { where: 'f(integer)', problem: expect.stringMatching(/another body, or other defaults/) },
    ])
  })
})
