import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { sqlState } from '../../src/stores/tables.ts'
import type { TableWriter } from '../../src/stores/tables.ts'

export interface OpenTables {
  readonly tables: TableWriter
  close(): Promise<void>
}

/** What every adapter of the tables port must do. `vector` says whether pgvector can be expected there. */
export function tablesContract(name: string, open: () => Promise<OpenTables>, vector = true): void {
  describe(`${name} keeps the tables contract`, () => {
    let opened: OpenTables
    let tables: TableWriter
    beforeAll(async () => {
      opened = await open()
      tables = opened.tables
      await tables.transaction((q) => q.query('CREATE TABLE item (id int PRIMARY KEY, label text, n bigint DEFAULT 0)'))
    })
    afterAll(() => opened.close())

    const value = async (sql: string, params?: readonly unknown[]): Promise<unknown> => {
      const rows = await tables.read((q) => q.query<{ v: unknown }>(sql, params))
      return rows[0]?.v
    }
    const failure = async (work: Promise<unknown>): Promise<unknown> =>
      work.then(
        () => expect.unreachable('should have been refused'),
        (error: unknown) => error,
      )

    it('says who it is', async () => {
      expect(tables.target.serverVersion).toBeGreaterThan(120_000)
      expect(tables.target.fingerprint).toMatch(/^[0-9a-f]{32}$/)
      expect(tables.target.database).toBe(await value('SELECT current_database() AS v'))
    })

    it.each<[string, unknown]>([
      ['9007199254740993::int8', '9007199254740993'],
      ['7::int4', 7],
      ['1.10::numeric', '1.10'],
      ['1.5::float8', 1.5],
      ['true', true],
      ['NULL::text', null],
      ["'2024-02-29 12:00:00+02'::timestamptz", new Date('2024-02-29T10:00:00Z')],
      [`'{"a": [1, null], "b": "x"}'::jsonb`, { a: [1, null], b: 'x' }],
      [`'[1]'::json`, [1]],
      [String.raw`'\x00ff10'::bytea`, Buffer.from([0, 255, 16])],
      [`ARRAY['a', NULL, 'c,"d']`, ['a', null, 'c,"d']],
      ['ARRAY[1, 2]::int8[]', ['1', '2']],
      [`'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'::uuid`, 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'],
      [`'Grüße 👩‍👩‍👧‍👦 漢字 \u0007'::text`, 'Grüße 👩‍👩‍👧‍👦 漢字 \u0007'],
      [`'t'::"char"`, 't'],
      ["'infinity'::float8", Infinity],
    ])('reads %s as the pg driver does', async (sql, expected) => {
      expect(await value(`SELECT ${sql} AS v`)).toEqual(expected)
    })

    it.each<[string, unknown, string, unknown]>([
      ['a Date', new Date('2024-05-06T07:08:09.123Z'), 'timestamptz', new Date('2024-05-06T07:08:09.123Z')],
      ['a Buffer', Buffer.from([0, 1, 254]), 'bytea', Buffer.from([0, 1, 254])],
      ['an array of text', ['a', 'b"\\', null], 'text[]', ['a', 'b"\\', null]],
      ['an array of numbers', [1, 2], 'int[]', [1, 2]],
      ['an object', { a: 'ü', b: [true] }, 'jsonb', { a: 'ü', b: [true] }],
      ['a bigint', 9007199254740993n, 'int8', '9007199254740993'],
      ['undefined', undefined, 'text', null],
      ['a boolean', false, 'boolean', false],
      ['emoji', '🧵 thread', 'text', '🧵 thread'],
      ['a long text', 'x'.repeat(1_000_000), 'text', 'x'.repeat(1_000_000)],
    ])('sends %s as the pg driver does', async (_name, param, type, expected) => {
      expect(await value(`SELECT $1::${type} AS v`, [param])).toEqual(expected)
    })

    it('gives errors their SQLSTATE and goes on after them', async () => {
      const cases = [
        ['SELECT 1/0', '22012'],
        ['SELECT * FROM nowhere', '42P01'],
        ['SELEC', '42601'],
      ] as const
      for (const [sql, state] of cases) {
        expect(sqlState(await failure(tables.transaction((q) => q.query(sql))))).toBe(state)
        expect(sqlState(await failure(tables.read((q) => q.query(sql, []))))).toBe(state)
      }
      await tables.transaction((q) => q.query('INSERT INTO item VALUES (1, $1)', ['first']))
      const twice = await failure(tables.transaction((q) => q.query('INSERT INTO item VALUES (1, $1)', ['again'])))
      expect(twice).toMatchObject({ code: '23505', constraint: 'item_pkey', table: 'item' })
      expect(await failure(tables.read((q) => q.query('SELECT $1::int', ['x'])))).toMatchObject({ code: '22P02' })
      expect(await value('SELECT label AS v FROM item WHERE id = $1', [1])).toBe('first')
    })

    it('survives a parameter that cannot be turned into text', async () => {
      const circle: Record<string, unknown> = {}
      circle['self'] = circle
      await failure(tables.transaction((q) => q.query('SELECT $1::json', [circle])))
      expect(await value('SELECT 1 AS v')).toBe(1)
    })

    it('refuses a write while reading', async () => {
      const error = await failure(tables.read((q) => q.query("INSERT INTO item VALUES (99, 'x')")))
      expect(sqlState(error)).toBe('25006')
      expect(await value("SELECT current_setting('transaction_isolation') AS v")).toBe('repeatable read')
    })

    it('rolls back when the work throws, and passes its error on', async () => {
      const own = new Error('mine')
      const work = tables.transaction(async (q) => {
        await q.query("INSERT INTO item VALUES (50, 'gone')")
        throw own
      })
      expect(await failure(work)).toBe(own)
      expect(await value('SELECT count(*) AS v FROM item WHERE id = 50')).toBe('0')
    })

    it('does not pretend to commit after a swallowed error', async () => {
      const work = tables.transaction(async (q) => {
        await q.query("INSERT INTO item VALUES (51, 'gone')")
        await q.query('SELECT 1/0').catch(() => undefined)
      })
      expect(await failure(work)).toMatchObject({ code: 'LS-3005' })
      expect(await value('SELECT count(*) AS v FROM item WHERE id = 51')).toBe('0')
    })

    it('recovers inside a transaction through a savepoint', async () => {
      await tables.transaction(async (q) => {
        await q.query('SAVEPOINT s')
        await q.query('SELECT 1/0').catch(() => undefined)
        await q.query('ROLLBACK TO SAVEPOINT s')
        await q.query("INSERT INTO item VALUES (52, 'kept')")
      })
      expect(await value('SELECT label AS v FROM item WHERE id = 52')).toBe('kept')
    })

    it('kills the handle with its transaction', async () => {
      const q = await tables.transaction((q) => Promise.resolve(q))
      expect(await failure(q.query('SELECT 1'))).toMatchObject({ code: 'LS-9001' })
    })

    it('keeps settings inside the transaction', async () => {
      const before = await value("SELECT current_setting('lock_timeout') AS v")
      const shown = await tables.transaction(
        (q) =>
          q.query<{ a: string; b: string }>(
            "SELECT current_setting('lock_timeout') a, current_setting('statement_timeout') b",
          ),
        { lockTimeout: 1234, statementTimeout: 5678 },
      )
      expect(shown).toEqual([{ a: '1234ms', b: '5678ms' }])
      expect(await value("SELECT current_setting('lock_timeout') AS v")).toBe(before)
    })

    it('runs many transactions at once without mixing them', async () => {
      await tables.transaction((q) => q.query("INSERT INTO item VALUES (2, 'counter', 0)"))
      const add = () =>
        tables.transaction(
          async (q) => {
            const [row] = await q.query<{ n: string }>('SELECT n FROM item WHERE id = 2 FOR UPDATE')
            await q.query('UPDATE item SET n = $1 WHERE id = 2', [Number(row?.n) + 1])
          },
          { lockTimeout: 20_000 },
        )
      await Promise.all(Array.from({ length: 40 }, add))
      expect(await value('SELECT n AS v FROM item WHERE id = 2')).toBe('40')
    })

    it('builds and drops an index concurrently', async () => {
      await tables.autocommit('CREATE INDEX CONCURRENTLY item_label ON item (label)', { lockTimeout: 5_000 })
      expect(await value("SELECT indisvalid AS v FROM pg_index WHERE indexrelid = 'item_label'::regclass")).toBe(true)
      expect(await failure(tables.autocommit('CREATE INDEX CONCURRENTLY item_label ON item (label)'))).toMatchObject({
        code: '42P07',
      })
      await tables.autocommit('DROP INDEX CONCURRENTLY item_label', { lockTimeout: 5_000 })
      expect(await value("SELECT to_regclass('item_label') AS v")).toBeNull()
    })

    it('leaves no setting behind after autocommit', async () => {
      const settings = () =>
        tables.transaction((q) =>
          q.query("SELECT name, setting FROM pg_settings WHERE source = 'session' AND name LIKE '%timeout'"),
        )
      const before = await settings()
      await tables.autocommit('ANALYZE item', { lockTimeout: 777 })
      await failure(tables.autocommit('ANALYZE nowhere', { lockTimeout: 778 }))
      expect(await settings()).toEqual(before)
    })

    it('carries large results whole', async () => {
      const rows = await tables.read((q) =>
        q.query<{ i: number; s: string }>("SELECT i, repeat('é', i % 100) AS s FROM generate_series(1, 50000) i"),
      )
      expect(rows).toHaveLength(50_000)
      expect(rows.every((row, at) => row.i === at + 1 && row.s === 'é'.repeat((at + 1) % 100))).toBe(true)
    })

    it.skipIf(!vector)('has pgvector', async () => {
      await tables.transaction(async (q) => {
        await q.query('CREATE EXTENSION IF NOT EXISTS vector')
        await q.query('CREATE TABLE spot (id int, at vector(3))')
        await q.query('INSERT INTO spot SELECT i, $1::text::vector FROM generate_series(1, 2) i', [
          JSON.stringify([1, 2, 3]),
        ])
        await q.query("UPDATE spot SET at = '[9,9,9]' WHERE id = 2")
      })
      await tables.autocommit('CREATE INDEX CONCURRENTLY spot_at ON spot USING hnsw (at vector_l2_ops)', {
        lockTimeout: 5_000,
      })
      expect(await value("SELECT at AS v FROM spot ORDER BY at <-> '[1,2,4]' LIMIT 1")).toBe('[1,2,3]')
    })

    it('can be made durable', async () => {
      await tables.durable()
      expect(await value('SELECT 1 AS v')).toBe(1)
    })

    it('waits for running work when it is closed, then refuses', async () => {
      const running = tables.transaction(async (q) => {
        await q.query('SELECT pg_sleep(0.2)')
        return q.query<{ n: number }>('SELECT 7 AS n')
      })
      const closed = tables.close()
      expect(await running).toEqual([{ n: 7 }])
      await closed
      expect(await failure(tables.read((q) => q.query('SELECT 1')))).toMatchObject({ code: 'LS-3002' })
    })
  })
}
