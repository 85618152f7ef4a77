import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createPgliteTables } from '../../../stores/pglite/pglite-tables.ts'
import type { TableWriter } from '../../../stores/tables.ts'
import { readFleet } from '../../../tenants/fleet.ts'
import type { TenantsConfig } from '../../../tenants/tenants-config.ts'
import { planStep } from '../../../../test/table-step.ts'
import type { TableStep } from '../../../../test/table-step.ts'
import type { Look, PreImage } from '../../operation.ts'
import { extendProvision } from '../../provisioning.ts'
import { dropCopy, restoreProvision } from '../../provisioning-restore.ts'
import type { Extension } from '../../provisioning.ts'
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

const tenants: TenantsConfig = {
  source: { from: 'sql', sql: "select 'a'" },
  key: 'plain',
  tables: { notes: 'notes_{key}' },
  provision: 'make_tenant(text)',
}

function lookAt(): Look {
  const documents = {} as Look['documents']
  return {
    documents,
    tables,
    fleet: () => readFleet({ config: tenants, documents, tables, grace: () => Promise.resolve() }),
  }
}

function specOf(name: string, text: string, options: Omit<ReplaceFunctionOptions, 'file'> = {}): ReplaceFunctionSpec {
  return replaceFunction.parse(replaceFunctionStep(name, { file: 'sql/f.sql', ...options }).spec, () => text)
}

const run = (spec: ReplaceFunctionSpec, look = lookAt()): Promise<TableStep> =>
  planStep(replaceFunction, spec, look, tables)

describe('the provisioning function', () => {
  const make = (columns: string, head = ''): string =>
    `create or replace function make_tenant(uid text) returns void language plpgsql ${head} as $$
     begin execute format('create table %I (id int primary key${columns})', 'notes_' || uid); end $$`
  const extension: Extension = {
    tag: '1a2b3c4d',
    what: 'column tone',
    lacks: "not exists (select from pg_catalog.pg_attribute where attrelid = lockstep_oid and attname = 'tone')",
    statements: [
      "'alter table ' || pg_catalog.format('%I.%I', lockstep_schema, lockstep_table) || ' add column tone text'",
    ],
  }
  const scope = {
    provision: { signature: tenants.provision ?? '', schema: 'public', prefix: 'notes_', suffix: '', key: 'plain' },
  } as const
  const wrap = (): Promise<readonly PreImage[]> => tables.transaction((q) => extendProvision(q, scope, extension))
  const columns = (uid: string): Promise<readonly object[]> =>
    rows(
      `select string_agg(column_name, ',' order by column_name) as names from information_schema.columns where table_name = 'notes_${uid}'`,
    )

  it('is tried, and refused where new tenants would be others', async () => {
    await sql(`${make(', text text')}; select make_tenant('a'), make_tenant('b')`)
    const { plan, work } = await run(specOf('make_tenant', make('')), lookAt())
    expect(plan.shards.map(({ phase, stage }) => [phase, stage])).toEqual([
      ['expand', 0],
      ['cutover', 1],
    ])
    await work('expand')
    await expect(work('cutover')).rejects.toMatchObject({ code: 'LS-2605', message: /column text is missing/ })
    expect(await rows("select count(*)::int as n from pg_tables where tablename like 'notes_%'")).toEqual([{ n: 2 }])
  })

  it('is tried before it is kept', async () => {
    await sql(make(''))
    for (const text of [make(', id int'), make('').replace("'notes_'", "'others_'")]) {
      const { work } = await run(specOf('make_tenant', text), lookAt())
      await expect(work('expand')).rejects.toMatchObject({ code: 'LS-2605' })
    }
    const allowed = await run(specOf('make_tenant', make(', id int'), { allow: { 'tenant-probe': 'why' } }), lookAt())
    expect(await allowed.work('expand')).toBe(1)
  })

  it('keeps the wrapper of an earlier migration, in whichever order both go back', async () => {
    for (const firstBack of ['wrapper', 'replacement'] as const) {
      await sql('drop schema public cascade; create schema public')
      await sql(make('', 'security definer set search_path = public'))
      const before = await rows(
        "select pg_get_functiondef('make_tenant'::regproc) as def, proacl::text from pg_proc where proname = 'make_tenant'",
      )
      const [image] = await wrap()
      const { work, down, verify } = await run(specOf('make_tenant', make(', text text', 'security invoker')), lookAt())
      await work('expand')
      expect(await verify()).toEqual([])
      await sql("select make_tenant('a')")
      expect(await columns('a')).toEqual([{ names: 'id,text,tone' }])
      const unwrap = async (): Promise<boolean> => {
        const restored = await tables.transaction((q) => restoreProvision(q, image!))
        await tables.transaction((q) => dropCopy(q, image!))
        return restored
      }
      if (firstBack === 'wrapper') {
        expect(await unwrap()).toBe(true)
        await sql("select make_tenant('b')")
        expect(await columns('b')).toEqual([{ names: 'id,text' }])
        await down()
      } else {
        await down()
        await sql("select make_tenant('b')")
        expect(await columns('b')).toEqual([{ names: 'id,tone' }])
        expect(await unwrap()).toBe(true)
      }
      expect(
        await rows(
          "select pg_get_functiondef('make_tenant'::regproc) as def, proacl::text from pg_proc where proname = 'make_tenant'",
        ),
      ).toEqual(before)
      expect(await rows("select count(*)::int as n from pg_proc where proname like 'make_tenant%'")).toEqual([{ n: 1 }])
    }
  })

  it('keeps its name and arguments, and its signature while it is wrapped', async () => {
    await sql(make(''))
    const other = make('').replace('uid text', 'uid text, plan text')
    await expect(run(specOf('make_tenant', other), lookAt())).rejects.toMatchObject({ code: 'LS-2601' })
    await wrap()
    const renamed = make('').replaceAll('uid', 'who')
    await expect(run(specOf('make_tenant', renamed), lookAt())).rejects.toMatchObject({
      code: 'LS-2601',
      message: /wrapped/,
    })
  })
})
