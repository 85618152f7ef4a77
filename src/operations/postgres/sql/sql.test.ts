import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createPgliteTables } from '../../../stores/pglite/pglite-tables.ts'
import type { TableWriter } from '../../../stores/tables.ts'
import type { Look } from '../../operation.ts'
import { isDone } from './sql-units.ts'
import { sql, sqlStep } from './sql.ts'

let tables: TableWriter

beforeAll(async () => {
  tables = await createPgliteTables({})
})

afterAll(() => tables.close())

beforeEach(() => tables.transaction((q) => q.script('drop schema public cascade; create schema public')))

const look = (): Look => ({
  documents: {} as Look['documents'],
  tables,
  fleet: () => Promise.reject(new Error('no fleet')),
})

describe('parse', () => {
  it.each<[string, unknown, string]>([
    ['no way back', { up: 'select 1', verify: 'select 1' }, 'down'],
    ['no check', { up: 'select 1', down: [] }, 'verify'],
    ['two checks', { up: 'select 1', down: [], verify: ['select 1', 'select 2'] }, 'verify is not one query'],
    [
      'one text outside of a transaction',
      { up: 'select 1', down: [], verify: 'select 1', transaction: false },
      'one by one',
    ],
    ['a check of no table', { on: { tenants: 'n' }, up: 'a', down: 'b', verify: 'select 1' }, '{table}'],
    ['an unknown option', { up: 'a', down: 'b', verify: 'c', undo: 'd' }, 'undo'],
  ])('refuses %s', (_, spec, message) => {
    expect(() => sql.parse(spec)).toThrow(
      expect.objectContaining({ code: 'LS-2002', message: expect.stringContaining(message) }),
    )
  })

  it('reads files through the migration, and takes an empty list for nothing to do', () => {
    const step = sqlStep({ up: { file: 'a.sql' }, down: [], verify: 'select 1' })
    expect(sql.parse(step.spec, (path) => `text of ${path}`)).toEqual({
      target: undefined,
      up: ['text of a.sql'],
      down: [],
      verify: 'select 1',
      transaction: true,
      phase: 'expand',
    })
  })
})

describe('sql', () => {
  it('gives the linter what is run, with a table for each placeholder', () => {
    const spec = sql.parse({
      on: { tenants: 'notes' },
      up: ['truncate {table}'],
      down: [],
      verify: 'select from {table}',
      transaction: false,
    })
    expect(sql.sql?.(spec)).toEqual([{ name: 'up', text: 'truncate "public"."tenant_table"', inTransaction: false }])
  })
})

describe('plan', () => {
  const spec = (verify: string, down: readonly string[] = ['drop table t']) =>
    sql.parse(sqlStep({ up: ['create table t (id int)'], down, verify }).spec)

  it('shows the statements, and what has no way back', async () => {
    const { effects, shards, warnings } = await sql.plan(spec("select 1 where to_regclass('t') is null", []), look())
    expect(effects).toMatchObject([{ phase: 'expand', statements: ['create table t (id int)'], count: { value: 1 } }])
    expect(shards).toMatchObject([{ phase: 'expand', scope: { database: true } }])
    expect(warnings).toMatchObject([{ code: 'W305' }])
  })

  it('has nothing to do where the check finds nothing, and remembers it', async () => {
    const { effects, shards, memo } = await sql.plan(spec('select 1 where false -- nothing'), look())
    expect({ effects, shards, memo }).toEqual({ effects: [], shards: [], memo: { had: ['database'], excluded: [] } })
    expect(await sql.reverting(spec('select 1 where false'), look(), memo)).toEqual([])
  })

  it('names a check that cannot be run, and one that writes', async () => {
    await expect(sql.plan(spec('select from nowhere'), look())).rejects.toMatchObject({
      code: 'LS-3005',
      where: { name: 'database' },
    })
    await expect(sql.plan(spec('delete from t returning 1'), look())).rejects.toMatchObject({ code: 'LS-3005' })
  })
})

describe('isDone', () => {
  it.each([
    ['select 1 where false;', true],
    ['values (1), (2) ;\n', false],
    ["select '}' -- done", false],
  ])('%s', async (verify, done) => {
    const unit = { name: 'database', up: [], down: [], verify }
    expect(await tables.read((q) => isDone(q, unit))).toBe(done)
  })
})
