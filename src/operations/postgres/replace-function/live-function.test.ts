import pg from 'pg'
import { afterAll, beforeEach, describe, expect, it } from 'vitest'
import { planStep } from '../../../../test/table-step.ts'
import type { TableStep } from '../../../../test/table-step.ts'
import { startRealPostgres } from '../../../../test/stores/real-postgres.ts'
import { needs } from '../../../../test/stores/skips.ts'
import { LockstepError } from '../../../kernel/errors.ts'
import { createPostgresTables } from '../../../stores/postgres/postgres-tables.ts'
import type { TableWriter } from '../../../stores/tables.ts'
import type { Look } from '../../operation.ts'
import { replaceFunction, replaceFunctionStep } from './replace-function.ts'
import type { ReplaceFunctionOptions } from './replace-function.ts'

const server = await startRealPostgres()
const tables = server === undefined ? undefined : await createPostgresTables({ url: server.url })

afterAll(async () => {
  await tables?.close()
  await server?.stop()
})

const sql = (text: string): Promise<void> | undefined => tables?.transaction((q) => q.script(text))
const rows = (text: string): Promise<readonly object[]> | undefined => tables?.read((q) => q.query(text))

function step(
  name: string,
  text: string,
  options: Omit<ReplaceFunctionOptions, 'file'> = {},
  on = tables,
): Promise<TableStep> {
  const spec = replaceFunction.parse(replaceFunctionStep(name, { file: 'f.sql', ...options }).spec, () => text)
  const fleet = (): Promise<never> => Promise.reject(new LockstepError('LS-2203', 'none'))
  const look: Look = { documents: {} as Look['documents'], tables: on as TableWriter, fleet }
  return planStep(replaceFunction, spec, look, on as TableWriter)
}

const first = `create or replace function net(v int, fee int) returns int language plpgsql stable as $$ begin return v - fee; end $$`
const text = first.replace('v - fee', '(v - fee)')
const second = `create function net(fee bigint, v bigint) returns int language plpgsql stable as $$ begin return (v - fee)::int; end $$`

const [checker] = (await rows("select name from pg_available_extensions where name = 'plpgsql_check'")) ?? []

describe('with plpgsql_check', needs(checker, 'no plpgsql_check in PostgreSQL'), () => {
  beforeEach(() =>
    sql(`drop extension if exists plpgsql_check; drop schema public cascade; create schema public;
         create schema if not exists checks; create extension plpgsql_check schema checks; ${first};
         create table t (id int, by text);
         create function noted() returns trigger language plpgsql as $$ begin new.by := 'a'; return new; end $$;
         create trigger note before insert on t for each row execute function noted()`),
  )

  it('a body that would fail when it is called is found before it is kept', async () => {
    const broken = await step('net', first.replace('v - fee', '(select v - id from nowhere)'))
    await expect(broken.work('cutover')).rejects.toMatchObject({ code: 'LS-2605', message: /line 1: .*nowhere/ })
    const trigger = `create or replace function noted() returns trigger language plpgsql as $$ begin new.nobody := 'a'; return new; end $$`
    await expect((await step('noted', trigger)).work('cutover')).rejects.toMatchObject({
      code: 'LS-2605',
      message: /nobody/,
    })
    expect(await rows('select net(5, 1) as net')).toEqual([{ net: 4 }])
  })

  it('what is only unwise is told, and the function is replaced', async () => {
    const { work, told } = await step('net', first.replace('begin return', 'declare spare int; begin return'))
    expect(await work('cutover')).toBe(1)
    expect(told).toEqual([expect.stringContaining('spare')])
  })
})

describe('on PostgreSQL', needs(server, 'no PostgreSQL server'), () => {
  beforeEach(() =>
    sql(`drop schema public cascade; create schema public; grant all on schema public to public; ${first}`),
  )

  it.each([
    ['its text changes', text, {}],
    ['a second signature comes and goes', second, { shim: 'select net(fee::bigint, v::bigint)' }],
  ])('no caller sees an error or a wrong answer while %s', { timeout: 120_000 }, async (_, file, options) => {
    const stopped = new AbortController()
    const call = async (): Promise<number> => {
      const client = new pg.Client(server?.url)
      await client.connect()
      let calls = 0
      for (; !stopped.signal.aborted; calls++) {
        const { rows: found } = await client.query<{ net: number }>({
          text: 'select net($1::int, 1::int)',
          values: [calls],
          ...(calls % 2 === 0 ? {} : { name: 'prepared' }),
        })
        if (found[0]?.net !== calls - 1) throw new Error(`net(${calls}, 1) was ${found[0]?.net}`)
      }
      await client.end()
      return calls
    }
    const callers = Promise.all([call(), call(), call()])
    for (let turn = 0; turn < 20; turn++) {
      const { work, down } = await step('net(int, int)', file, options)
      expect(await work('cutover')).toBe(1)
      await down()
    }
    stopped.abort()
    expect(Math.min(...(await callers))).toBeGreaterThan(20)
  })

  it('a role without superuser rights does for a function of a role it belongs to', async () => {
    await sql(`do $$ begin
      if not exists (select from pg_roles where rolname = 'law_team') then
        create role law_team; create role law_deployer in role law_team;
      end if; end $$;
      alter function net(int, int) owner to law_team;
      alter function net(int, int) set work_mem = '8MB'; alter function net(int, int) cost 9;
      revoke all on function net(int, int) from public; grant execute on function net(int, int) to law_deployer`)
    const as = `set local role law_deployer`
    const base = tables as TableWriter
    const deployer: TableWriter = {
      ...base,
      read: (work) => base.read(async (q) => (await q.script(as), work(q))),
      transaction: (work, options) => base.transaction(async (q) => (await q.script(as), work(q)), options),
    }
    const everything = `select pg_get_functiondef(oid) as def, proacl::text as acl, pg_get_userbyid(proowner) as owner
                        from pg_proc where pronamespace = 'public'::regnamespace order by 1`
    const before = await rows(everything)
    for (const [file, options] of [
      [text, {}],
      [first.replace('fee int', 'costs int').replace('v - fee', 'v - costs'), {}],
      [second, { keepOld: true }],
    ] as const) {
      const { work, down, verify } = await step('net(int, int)', file, options, deployer)
      expect(await work('cutover')).toBe(1)
      expect(await verify()).toEqual([])
      expect(
        await rows("select distinct pg_get_userbyid(proowner) as owner from pg_proc where proname = 'net'"),
      ).toEqual([{ owner: 'law_team' }])
      await down()
      expect(await rows(everything)).toEqual(before)
    }
  })
})
