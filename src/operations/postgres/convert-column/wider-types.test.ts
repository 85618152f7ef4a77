import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startRealPostgres } from '../../../../test/stores/real-postgres.ts'
import type { RealPostgres } from '../../../../test/stores/real-postgres.ts'
import { createPgliteTables } from '../../../stores/pglite/pglite-tables.ts'
import { createPostgresTables } from '../../../stores/postgres/postgres-tables.ts'
import { sqlState } from '../../../stores/tables.ts'
import type { TableWriter } from '../../../stores/tables.ts'
import { isWider, parseSizedType, printSizedType } from './wider-types.ts'
import type { SizedType } from './wider-types.ts'

let postgres: RealPostgres | undefined
let tables: TableWriter

beforeAll(async () => {
  postgres = process.env['LOCKSTEP_LAWS'] === 'real' ? await startRealPostgres() : undefined
  tables = postgres === undefined ? await createPgliteTables({}) : await createPostgresTables({ url: postgres.url })
})

afterAll(async () => {
  await tables.close()
  await postgres?.stop()
})

const known = [
  ['text', 'varchar', 'varchar(5)', 'varchar(10)', 'character varying ( 10 )'],
  ['varbit', 'varbit(5)', 'bit varying(10)'],
  ['numeric', 'numeric(5)', 'decimal(5,2)', 'numeric(8,2)', 'numeric(8, 3)', 'numeric(1000,2)'],
  ...['timestamp', 'timestamptz', 'time', 'timetz'].map((name) => [
    name,
    ...[0, 3, 6].map((size) => `${name}(${size})`),
  ]),
  ['time(3) with time zone', 'timestamp with time zone', 'timestamp(2) without time zone'],
  ['cidr', 'inet'],
].flat()

const parsed = (text: string): SizedType => {
  const type = parseSizedType(text)
  if (type === undefined) throw new Error(`${text} was not understood`)
  return type
}

it.each(known)('%s is printed as the catalog does', async (text) => {
  const [row] = await tables.transaction(async (q) => {
    await q.script(`create temp table printed (v ${text})`)
    const found = await q.query<{ type: string }>(
      "select format_type(atttypid, atttypmod) as type from pg_attribute where attrelid = 'printed'::regclass and attname = 'v'",
    )
    await q.script('drop table printed')
    return found
  })
  expect(printSizedType(parsed(text))).toBe(row?.type)
})

it.each([
  'int',
  'char(3)',
  'interval(3)',
  'text[]',
  'varchar(5)[]',
  'jsonb',
  'public.text',
  'numeric(3,1) not null',
  '',
])('"%s" is never widened in place', (text) => {
  expect(parseSizedType(text)).toBeUndefined()
})

/** Files of the table and its indexes before and after; undefined where the server refuses. */
async function rewrites(from: string, to: string): Promise<boolean | undefined> {
  const files =
    "select pg_relation_filenode(oid) as file from pg_class where relname in ('t', 't_v', 't_u') order by relname"
  await tables.transaction((q) =>
    q.script(`drop table if exists t; create table t (id int primary key, v ${from});
      create index t_v on t (v, id); create unique index t_u on t (id) include (v)`),
  )
  const before = await tables.read((q) => q.query(files))
  try {
    await tables.transaction((q) => q.script(`alter table t alter column v type ${to}`))
  } catch (error) {
    if (sqlState(error)?.startsWith('42') !== true) throw error
    return undefined
  }
  return JSON.stringify(await tables.read((q) => q.query(files))) !== JSON.stringify(before)
}

const types = known.filter((text) => printSizedType(parsed(text)) === text || !/[a-z] \w|\( /.test(text))

describe('every pair of types', () => {
  it.each(types)(
    'from %s: no file changes where it is wider, and where none changes it is',
    { timeout: 120_000 },
    async (from) => {
      const old = parsed(from)
      for (const to of types) {
        const type = parsed(to)
        if (printSizedType(old) === printSizedType(type)) continue
        const found = await rewrites(from, to)
        if (isWider(old, type)) expect(found, to).toBe(false)
        else if (old.family === type.family) expect(found, to).toBe(true)
      }
    },
  )
})
