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
const rows = (text: string): Promise<readonly object[]> => tables.read((q) => q.query(text))

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

describe('a second signature', () => {
  const text = 'create function f(a bigint) returns bigint language sql as $$ select a * 2 $$'

  it('is given to nobody by default privileges, and goes with down', async () => {
    await sql(`${body('select a')}; revoke all on function f(int) from public; grant execute on function f(int) to caller;
               alter default privileges in schema public grant execute on functions to stranger`)
    const { work, down, verify } = await run(specOf('f', text, { keepOld: true }))
    expect(await work('cutover')).toBe(1)
    const may =
      "select r, has_function_privilege(r, 'f(bigint)', 'execute') as may from unnest(array['stranger', 'caller']) r"
    expect(await rows(may)).toEqual([
      { r: 'stranger', may: false },
      { r: 'caller', may: true },
    ])
    expect(await verify()).toEqual([])
    await sql('grant execute on function f(bigint) to public')
    expect(await verify()).toEqual([expect.objectContaining({ problem: expect.stringContaining('public') })])
    await sql('revoke execute on function f(bigint) from public')
    await down()
    expect(await rows("select proname from pg_proc where pronamespace = 'public'::regnamespace")).toEqual([
      { proname: 'f' },
    ])
  })

  it('lets the old one go with complete, and down brings it back', async () => {
    await sql(body('select a'))
    const { work, down } = await run(specOf('f(int)', text, { shim: 'select f(a::bigint)::int' }))
    await work('cutover')
    expect(await rows('select f(4::int) as old, f(4::bigint) as new')).toEqual([{ old: 8, new: '8' }])
    expect(await work('contract')).toBe(1)
    expect(await rows('select pg_typeof(f(4))::text as type')).toEqual([{ type: 'bigint' }])
    await down()
    expect(await rows('select f(4) as old')).toEqual([{ old: 4 }])
  })

  it('stays, as the old one does, where others replaced it since', async () => {
    await sql(body('select a'))
    const { work, down, told } = await run(specOf('f(int)', text, { keepOld: true }))
    await work('cutover')
    await sql(`create or replace function f(a int) returns int language sql as $$ select 7 $$;
               create or replace function f(a bigint) returns bigint language sql as $$ select 9::bigint $$`)
    expect(await work('contract')).toBe(0)
    expect(told).toEqual(['f(integer) was replaced by someone else since: it stays as they made it'])
    await down()
    expect(await rows('select f(1::int) as old, f(1::bigint) as new')).toEqual([{ old: 7, new: '9' }])
    expect(told.slice(1)).toHaveLength(2)
  })

  it('is refused where what depends on the old one cannot call it', async () => {
    await sql(`${body('select a')}; create view v as select f(1) as one`)
    const { work } = await run(specOf('f', text))
    await expect(work('cutover')).rejects.toMatchObject({ code: 'LS-2604', message: /view/ })
    expect(await rows('select one from v')).toEqual([{ one: 1 }])
  })
})

describe('up', () => {
  it('is taken back where the function does not work', async () => {
    await sql(body('select a'))
    const broken = await run(specOf('f', body('select id from nowhere')))
    await expect(broken.work('cutover')).rejects.toMatchObject({ code: 'LS-2605' })
    const late =
      'create function f(a int) returns int language plpgsql as $$ begin return (select id from nowhere); end $$'
    const probed = await run(specOf('f', late, { probe: 'select f(1)' }))
    await expect(probed.work('cutover')).rejects.toMatchObject({ code: 'LS-2605', message: /nowhere/ })
    expect(await rows('select f(5)')).toEqual([{ f: 5 }])
  })

  it('refuses a function that was replaced after the plan', async () => {
    await sql(body('select a'))
    const { work } = await run(specOf('f', body('select a + 1')))
    await sql(body('select 99'))
    await expect(work('cutover')).rejects.toMatchObject({ code: 'LS-2606' })
    expect(await rows('select f(5)')).toEqual([{ f: 99 }])
  })

  it('limits who may call, and down gives that back unless others changed it', async () => {
    await sql(body('select a'))
    const open = "select has_function_privilege('stranger', 'f(int)', 'execute') as may"
    const first = await run(specOf('f', body('select a'), { execute: ['caller'] }))
    expect(await first.work('cutover')).toBe(1)
    expect(await rows(open)).toEqual([{ may: false }])
    await first.down()
    expect(await rows(open)).toEqual([{ may: true }])
    const second = await run(specOf('f', body('select a'), { execute: ['caller'] }))
    await second.work('cutover')
    await sql('grant execute on function f(int) to stranger')
    await second.down()
    expect(second.told).toEqual([expect.stringContaining('others changed who may call f(integer)')])
    expect(await rows(open)).toEqual([{ may: true }])
  })

  it('replaces a procedure, a trigger function, and a body that is parsed', async () => {
    await sql(`create procedure f(a int) language sql as $$ select 1 $$; create table t (id int, by text);
               create function noted() returns trigger language plpgsql as $$ begin new.by := 'a'; return new; end $$;
               create trigger note before insert on t for each row execute function noted();
               create function g() returns int language sql return 1`)
    for (const [name, text, probe] of [
      ['f', 'create procedure f(a int) language sql as $$ select 2 $$', 'call f(1)'],
      [
        'noted',
        "create function noted() returns trigger language plpgsql as $$ begin new.by := 'b'; return new; end $$",
        'select 1',
      ],
      ['g', 'create or replace function g() returns int language sql begin atomic select 2; end', 'select g()'],
    ] as const) {
      const { work, verify, down } = await run(specOf(name, text, { probe }))
      const before = await rows(`select pg_get_functiondef('${name}'::regproc) as def`)
      await work('cutover')
      expect(await verify()).toEqual([])
      expect(await rows(`select pg_get_functiondef('${name}'::regproc) as def`)).not.toEqual(before)
      await down()
      expect(await rows(`select pg_get_functiondef('${name}'::regproc) as def`)).toEqual(before)
    }
  })
})
