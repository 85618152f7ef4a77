import pg from 'pg'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { createFirestoreServer } from '../../src/local/firestore/server.ts'
import { startRealPostgres } from '../stores/real-postgres.ts'
import { needs } from '../stores/skips.ts'
import { createStage } from './stage.ts'
import type { Scene, Stage } from './stage.ts'

vi.setConfig({ testTimeout: 300_000 })
const first = '20260101000000_first'
const postgres = await startRealPostgres()
afterAll(() => postgres?.stop())

/** What a client writes again and again; `n` is different each time and for each client. */
type Write = (n: number) => string

interface Change {
  readonly name: string
  readonly steps: readonly string[]
  readonly prepare?: string
  readonly writes: readonly Write[]
  /** True of every row and of the catalog once the change is there. */
  readonly holds: string
}

const changes: readonly Change[] = [
  {
    name: 'a unique index',
    steps: [`postgres.addIndex('orders', 'code', { unique: true })`],
    writes: [
      (n) => `insert into orders (code, status) values ('c${n}', 'open')`,
      (n) => `update orders set touched = touched + 1, code = 'u${n}' where id = ${1 + (n % 20_000)}`,
    ],
    holds: `select count(*) = 1 as holds from pg_index where indrelid = 'orders'::regclass and indisunique and indisvalid and not indisprimary`,
  },
  {
    name: 'a required column, which old clients leave empty',
    steps: [`postgres.setNotNull('orders', 'status', { fill: 'open' })`],
    writes: [
      (n) => `insert into orders (code) values ('old${n}')`,
      (n) => `update orders set status = null where id = ${1 + (n % 20_000)}`,
      (n) => `insert into orders (code, status) values ('new${n}', 'closed')`,
    ],
    holds: `select count(*) = 0 as holds from orders where status is null`,
  },
  {
    name: 'constraints',
    steps: [
      `postgres.addConstraint('orders', { check: 'touched >= 0' })`,
      `postgres.addConstraint('orders', { unique: 'code' })`,
      `postgres.addConstraint('orders', { foreignKey: 'customer', references: 'customers' })`,
    ],
    writes: [
      (n) => `insert into orders (code, customer) values ('c${n}', ${n % 10})`,
      (n) => `update orders set touched = touched + 1 where id = ${1 + (n % 20_000)}`,
      (n) => `update customers set seen = seen + 1 where id = ${n % 10}`,
    ],
    holds: `select count(*) = 3 as holds from pg_constraint where conrelid = 'orders'::regclass and convalidated and contype in ('c', 'f', 'u')`,
  },
  {
    name: 'a required column on its way out, which old clients still write',
    steps: [`postgres.dropColumn('orders', 'kind')`],
    prepare: 'alter table orders alter column kind set not null',
    writes: [
      (n) => `insert into orders (code, kind) values ('old${n}', ${n % 7})`,
      (n) => `update orders set kind = ${n % 7} where id = ${1 + (n % 20_000)}`,
      (n) => `update orders set touched = touched + 1 where id = ${1 + (n % 20_000)}`,
    ],
    holds: `select not attnotnull as holds from pg_attribute where attrelid = 'orders'::regclass and attname = 'kind'`,
  },
]

/** Writes so far: no two are given the same number. */
let written = 0

describe('while clients write', needs(postgres, 'no PostgreSQL server'), () => {
  const url = postgres?.url ?? ''
  let stage: Stage

  beforeAll(async () => {
    const firestore = await createFirestoreServer()
    stage = createStage({ host: firestore.host, url, close: () => firestore.close() })
  })
  afterAll(() => stage?.close())

  /** Lets clients write until `act` is done; an error, or a wait for a lock above two seconds, fails. */
  async function amidWrites(writes: readonly Write[], act: () => Promise<unknown>): Promise<number> {
    let isOver = false
    const client = async (write: Write): Promise<number> => {
      const connection = new pg.Client(url)
      await connection.connect()
      try {
        await connection.query(`set lock_timeout = '2s'`)
        for (let count = 0; ; count++) {
          if (isOver) return count
          await connection.query(write(written++))
        }
      } finally {
        await connection.end()
      }
    }
    const clients = Promise.all(writes.map(client))
    // A client that fails ends the test at once.
    const acting = act().finally(() => {
      isOver = true
    })
    await Promise.race([acting, clients])
    await acting
    return (await clients).reduce((sum, count) => sum + count, 0)
  }

  const catalog = async ({ ask }: Scene): Promise<unknown> => [
    await ask(
      `select conname, pg_get_constraintdef(oid) as def from pg_constraint where connamespace = 'public'::regnamespace order by 1`,
    ),
    await ask(`select indexdef from pg_indexes where schemaname = 'public' order by 1`),
    await ask(
      `select attname, attnotnull from pg_attribute where attrelid = 'orders'::regclass and attnum > 0 order by 1`,
    ),
    await ask(`select tgname from pg_trigger where not tgisinternal`),
  ]

  test.each(changes)(
    '$name: there and back without an error or a long wait',
    async ({ steps, prepare = '', writes, holds }) => {
      const found = await stage.project({ tenants: 0 })
      await found.ask(`create table customers (id int primary key, seen int default 0);
      insert into customers select n, 0 from generate_series(0, 9) n;
      create table orders (id bigint generated always as identity primary key, code text, status text, customer int, touched int default 0, kind int, note text);
      insert into orders (code, status, customer, kind, note) select 'o' || n, case when n % 2 = 0 then 'open' end, n % 10, n % 7, repeat('x', 60) from generate_series(1, 20000) n;
      create index on orders (customer); ${prepare}; analyze orders`)
      found.migration(first, ...steps)
      const before = await catalog(found)
      const there = await amidWrites(writes, () => found.succeed('up'))
      expect(await found.ask(holds)).toEqual([{ holds: true }])
      const back = await amidWrites(writes, () => found.succeed('down', '--yes'))
      expect(await catalog(found)).toEqual(before)
      expect(Math.min(there, back)).toBeGreaterThan(writes.length)
    },
  )
})
