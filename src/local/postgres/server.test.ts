import { execFileSync, spawn } from 'node:child_process'
import { Client, Pool } from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { loadPglite } from '../../stores/pglite/load-pglite.ts'
import { createPgliteTables } from '../../stores/pglite/pglite-tables.ts'
import { createPostgresTables } from '../../stores/postgres/postgres-tables.ts'
import { createPostgresServer } from './server.ts'
import type { PostgresServer } from './server.ts'

let server: PostgresServer
beforeAll(async () => {
  server = await createPostgresServer({ idleLimit: 700 })
  await server.db.exec(
    'CREATE TABLE account (id int PRIMARY KEY, n int NOT NULL DEFAULT 0); INSERT INTO account SELECT generate_series(1, 10)',
  )
})
afterAll(() => server.close())

async function connect(): Promise<Client> {
  const client = new Client(server.url)
  client.on('error', () => undefined)
  await client.connect()
  return client
}
async function using<T>(count: number, work: (...clients: Client[]) => Promise<T>): Promise<T> {
  const clients = await Promise.all(Array.from({ length: count }, connect))
  try {
    return await work(...clients)
  } finally {
    await Promise.all(clients.map((client) => client.end()))
  }
}
const one = async (client: Client, sql: string, values: unknown[] = []): Promise<unknown> => {
  const { rows } = await client.query({ text: sql, values, rowMode: 'array' })
  return rows[0]?.[0]
}

describe('many clients', () => {
  it('gives 20 clients right answers and an exact count under interleaved transactions', async () => {
    await using(20, async (...clients) => {
      await Promise.all(
        clients.map(async (client, me) => {
          for (let round = 0; round < 15; round++) {
            expect(await one(client, 'SELECT $1::text', [`${me}-${round}`])).toBe(`${me}-${round}`)
            await client.query('BEGIN')
            const n = Number(await one(client, 'SELECT n FROM account WHERE id = $1', [1]))
            await client.query('UPDATE account SET n = $1 WHERE id = 1', [n + 1])
            await client.query(round % 5 === 4 ? 'ROLLBACK' : 'COMMIT')
          }
        }),
      )
      expect(await one(clients[0]!, 'SELECT n FROM account WHERE id = 1')).toBe(20 * 12)
    })
  })

  it('serves a pool and code in this process in turn', async () => {
    const pool = new Pool({ connectionString: server.url, max: 5 })
    const tables = await createPgliteTables({ db: server.db })
    const bump = 'UPDATE account SET n = n + 1 WHERE id = 2'
    const inside = () =>
      tables.transaction(async (q) => {
        const [before] = await q.query<{ n: number }>('SELECT n FROM account WHERE id = 2')
        await new Promise((resolve) => setImmediate(resolve))
        await q.query('UPDATE account SET n = $1 WHERE id = 2', [(before?.n ?? 0) + 1])
      })
    await Promise.all(
      Array.from({ length: 60 }, (_, at) =>
        at % 3 === 0 ? inside() : at % 3 === 1 ? pool.query(bump) : server.db.query(bump),
      ),
    )
    expect((await pool.query('SELECT n FROM account WHERE id = 2')).rows).toEqual([{ n: 60 }])
    await tables.close()
    await pool.end()
  })

  it('is good enough for the tables adapter of a server', async () => {
    const tables = await createPostgresTables({ url: server.url })
    expect(tables.target).toMatchObject({ engine: 'pglite', database: 'postgres' })
    await Promise.all(
      Array.from({ length: 20 }, () => tables.transaction((q) => q.query('UPDATE account SET n = n + 1 WHERE id = 3'))),
    )
    expect(await tables.read((q) => q.query('SELECT n FROM account WHERE id = 3'))).toEqual([{ n: 20 }])
    await tables.close()
  })
})

describe('each client has its own', () => {
  it('prepared statements, under equal names with other texts', async () => {
    await using(2, async (a, b) => {
      const ask = (client: Client, text: string) => client.query({ name: 'same', text, values: [5], rowMode: 'array' })
      for (let round = 0; round < 3; round++) {
        expect((await ask(a, 'SELECT $1::int + 1')).rows).toEqual([[6]])
        expect((await ask(b, "SELECT 'b' || $1::text")).rows).toEqual([['b5']])
      }
      await a.query('DEALLOCATE ALL')
      expect((await ask(b, "SELECT 'b' || $1::text")).rows).toEqual([['b5']])
      await expect(ask(a, 'SELECT $1::int + 1')).rejects.toMatchObject({
        code: '26000',
        message: 'prepared statement "same" does not exist',
      })
    })
  })

  it('leaves no prepared statement behind when it goes', async () => {
    await using(1, (a) => a.query({ name: 'short-lived', text: 'SELECT 1' }))
    const left = () =>
      server.db
        .query("SELECT name FROM pg_prepared_statements WHERE statement = 'SELECT 1' AND name <> ''")
        .then(({ rows }) => rows)
    await expect.poll(left).toEqual([])
  })

  it('settings, kept over its transactions and never seen by others', async () => {
    await using(2, async (a, b) => {
      await a.query(
        "SET search_path = 'pg_catalog'; SET lock_timeout = 4321; SET my.tenant = 'a''\\b'; SET timezone = 'Europe/Rome'",
      )
      await b.query('SET lock_timeout = 99')
      await a.query('BEGIN; SET LOCAL lock_timeout = 1; COMMIT; BEGIN; SET datestyle = German; ROLLBACK')
      const mine =
        "SELECT current_setting('lock_timeout') || current_setting('search_path') || current_setting('my.tenant', true)"
      expect(await one(b, "SELECT current_setting('lock_timeout')")).toBe('99ms')
      expect(await one(b, "SELECT coalesce(current_setting('my.tenant', true), '')")).toBe('')
      expect(await one(a, mine)).toBe("4321mspg_cataloga'\\b")
      expect(await one(b, "SELECT current_setting('TimeZone')")).not.toBe('Europe/Rome')
      expect(
        (await server.db.query("SELECT current_setting('lock_timeout') AS v, current_setting('search_path') AS s"))
          .rows,
      ).toEqual([{ v: '0', s: 'public' }])
      expect(await one(a, "SELECT current_setting('TimeZone') || current_setting('DateStyle')")).toBe(
        'Europe/RomeISO, MDY',
      )
    })
  })

  it('settings made by set_config and by its role', async () => {
    await server.db.exec('CREATE ROLE reader; GRANT SELECT ON account TO reader')
    await using(2, async (a, b) => {
      await a.query("SELECT set_config('my.x', '1', false)")
      await a.query('SET ROLE reader')
      expect(await one(b, "SELECT current_user || coalesce(current_setting('my.x', true), '')")).toBe('postgres')
      expect(await one(a, "SELECT current_user || current_setting('my.x', true)")).toBe('reader1')
      await expect(a.query('DELETE FROM account')).rejects.toMatchObject({ code: '42501' })
    })
  })

  it('settings from its login', async () => {
    const client = new Client({
      connectionString: server.url,
      application_name: 'mine',
      options: '-c lock_timeout=77 --work_mem=5MB',
    })
    await client.connect()
    await using(1, (other) => other.query('SELECT 1'))
    expect(
      await one(
        client,
        "SELECT current_setting('application_name') || current_setting('lock_timeout') || current_setting('work_mem')",
      ),
    ).toBe('mine77ms5MB')
    await client.end()
    const wrong = new Client({ connectionString: server.url, options: '-c lock_timeout=soon' })
    await expect(wrong.connect()).rejects.toMatchObject({ code: '22023' })
    const elsewhere = new Client(server.url.replace(/postgres$/, 'shop'))
    await expect(elsewhere.connect()).rejects.toMatchObject({ code: '3D000' })
  })

  it('currval, or an error, but never the one of another', async () => {
    await server.db.exec('CREATE SEQUENCE seq')
    await using(2, async (a, b) => {
      await a.query("SELECT nextval('seq')")
      await b.query("SELECT nextval('seq')")
      await expect(a.query('SELECT lastval()')).rejects.toMatchObject({ code: '55000' })
    })
  })
})

describe('what one session cannot share is held', () => {
  it.each([
    ['an advisory lock', 'SELECT pg_advisory_lock(7)', 'SELECT pg_advisory_unlock(7)'],
    ['a temporary table', 'CREATE TEMP TABLE account (id int)', 'DROP TABLE pg_temp.account'],
    ['a cursor WITH HOLD', 'DECLARE c CURSOR WITH HOLD FOR SELECT 1', 'CLOSE c'],
    ['PREPARE', 'PREPARE p AS SELECT 1', 'DEALLOCATE p'],
  ])('%s keeps others waiting until it is let go', async (_what, take, letGo) => {
    await using(2, async (a, b) => {
      await a.query(take)
      let answered = false
      const waiting = one(b, 'SELECT n FROM account WHERE id = 4').then((n) => ((answered = true), n))
      await a.query('SELECT 1')
      await a.query('SELECT 1')
      expect(answered).toBe(false)
      await a.query(letGo)
      expect(await waiting).toBe(0)
    })
  })

  it('ends who holds it idle while others wait, and cleans up', async () => {
    await using(2, async (a, b) => {
      await a.query('SELECT pg_advisory_lock(8)')
      await a.query('CREATE TEMP TABLE left_behind (id int)')
      expect(
        await one(b, "SELECT pg_try_advisory_lock(8)::text || coalesce(to_regclass('left_behind')::text, '')"),
      ).toBe('true')
      await expect(a.query('SELECT 1')).rejects.toThrow()
    })
  })

  it('never lets a lock taken inside a function go unseen', async () => {
    await server.db.exec("CREATE FUNCTION quiet() RETURNS void LANGUAGE sql AS 'SELECT pg_advisory_lock(9)'")
    await using(2, async (a, b) => {
      await a.query('SELECT quiet()')
      const held = one(b, 'SELECT pg_try_advisory_lock(9)')
      await a.end()
      expect(await held).toBe(true)
    })
  })
})

describe('transactions', () => {
  it('are rolled back when the client goes away without a word', async () => {
    const a = await connect()
    await a.query('BEGIN')
    await a.query('UPDATE account SET n = 99 WHERE id = 5')
    Reflect.get(a, 'connection').stream.destroy()
    await using(1, async (b) => expect(await one(b, 'SELECT n FROM account WHERE id = 5')).toBe(0))
  })

  it('that idle while others wait are ended with 25P03 and rolled back', async () => {
    await using(2, async (a, b) => {
      await a.query('BEGIN')
      await a.query('UPDATE account SET n = 99 WHERE id = 6')
      const told = new Promise<unknown>((resolve) => a.on('error', resolve))
      expect(await one(b, 'SELECT n FROM account WHERE id = 6')).toBe(0)
      expect(await told).toMatchObject({ code: '25P03', message: expect.stringContaining('a transaction') })
    })
  })

  it('that idle give way to code in this process, too', async () => {
    await using(1, async (a) => {
      await a.query('BEGIN')
      await a.query('UPDATE account SET n = 99 WHERE id = 7')
      const seen = await server.db.transaction((tx) => tx.query('SELECT n FROM account WHERE id = 7'))
      expect(seen.rows).toEqual([{ n: 0 }])
    })
  })

  it('may idle when nobody waits', async () => {
    await using(1, async (a) => {
      await a.query('BEGIN')
      await new Promise((resolve) => setTimeout(resolve, 1000))
      expect(await one(a, 'SELECT 1')).toBe(1)
      await a.query('COMMIT')
    })
  })

  it('recover from errors as on a server', async () => {
    await using(2, async (a, b) => {
      await expect(a.query('SELECT $1::int', ['x'])).rejects.toMatchObject({ code: '22P02' })
      await expect(a.query('SELECT 1; SELECT 1/0; SELECT 2')).rejects.toMatchObject({ code: '22012' })
      await a.query('BEGIN')
      await expect(a.query('SELEC')).rejects.toMatchObject({ code: '42601' })
      await expect(a.query('SELECT 1')).rejects.toMatchObject({ code: '25P02' })
      await a.query('ROLLBACK')
      expect(await one(b, 'SELECT 1')).toBe(1)
      expect(await one(a, 'SELECT $1::int', [3])).toBe(3)
    })
  })
})

describe('closing', () => {
  it("ends clients with 57P01, rolls back, and leaves the caller's PGlite open and clean", async () => {
    const db = await loadPglite(undefined)
    await db.exec('CREATE TABLE t (n int)')
    const own = await createPostgresServer({ db })
    const clients = await Promise.all([0, 1].map(() => new Client(own.url)))
    const told = clients.map((client) => new Promise<unknown>((resolve) => client.once('error', resolve)))
    clients.forEach((client) => client.on('error', () => undefined))
    for (const client of clients) await client.connect()
    await clients[0]?.query('SET search_path = pg_catalog')
    await clients[1]?.query(
      'BEGIN; CREATE TEMP TABLE gone (n int); INSERT INTO t VALUES (1); SET LOCAL lock_timeout = 9',
    )
    await own.close()
    expect(await Promise.all(told)).toMatchObject([{ code: '57P01' }, { code: '57P01' }])
    await own.close()
    expect(
      (
        await db.query(
          "SELECT count(*)::int AS n, current_setting('search_path') AS s, to_regclass('gone') AS g FROM t",
        )
      ).rows,
    ).toEqual([{ n: 0, s: 'public', g: null }])
    const again = await createPostgresServer({ db })
    await expect(createPostgresServer({ db, port: Number(new URL(again.url).port) })).rejects.toMatchObject({
      code: 'LS-3008',
    })
    await again.close()
    await db.close()
  })
})

describe('sizes and COPY', () => {
  it('streams 10,000 rows and takes a parameter of 1 MB', async () => {
    await using(1, async (a) => {
      const { rows } = await a.query("SELECT i, repeat('ö', i % 50) AS s FROM generate_series(1, 10000) i")
      expect(rows.every((row, at) => row.i === at + 1 && row.s === 'ö'.repeat((at + 1) % 50))).toBe(true)
      const text = 'ab€'.repeat(350_000)
      expect((await one(a, 'SELECT $1::text', [text])) === text).toBe(true)
    })
  })

  it('refuses LISTEN and hidden COPY, and goes on', async () => {
    await using(1, async (a) => {
      await expect(a.query('LISTEN news')).rejects.toMatchObject({
        code: '0A000',
        message: expect.stringContaining('LISTEN'),
      })
      await expect(a.query('SELECT 1; COPY account FROM STDIN')).rejects.toMatchObject({ code: '0A000' })
      await expect(a.query({ name: 'x', text: 'COPY account FROM STDIN' })).rejects.toMatchObject({ code: '0A000' })
      await expect(a.query('COPY account FROM STDIN')).rejects.toMatchObject({ code: '57014' })
      expect(await one(a, 'SELECT 1')).toBe(1)
    })
  })

  it.skipIf(!hasPsql())('runs a script of psql, COPY in both directions included', async () => {
    const script = `\\set ON_ERROR_STOP on
CREATE TABLE copied (id int, t text);
BEGIN;
COPY copied FROM STDIN;
1\tone
2\tt\\two
\\.
COMMIT;
CREATE EXTENSION IF NOT EXISTS vector;
SELECT '[1,2]'::vector <-> '[1,4]' AS distance;
\\d copied
COPY (SELECT * FROM copied ORDER BY id) TO STDOUT;
SET client_min_messages = notice;
DO $$ BEGIN RAISE NOTICE 'heard'; END $$;
`
    const done = await psql(script)
    expect(done).toMatchObject({ code: 0 })
    expect(done.out).toContain('1\tone\n2\tt\\two\n')
    expect(done.out).toMatch(/distance\s+-+\s+2/)
    expect(done.err).toContain('heard')
    expect(await psql('\\set ON_ERROR_STOP on\nCOPY nowhere FROM STDIN;\n1\n\\.\n')).toMatchObject({
      code: 3,
      err: expect.stringContaining('"nowhere" does not exist'),
    })
  })
})

function hasPsql(): boolean {
  try {
    execFileSync('psql', ['--version'], { stdio: 'ignore' })
    return true
  } catch {
    console.warn('psql was not found: its test is skipped')
    return false
  }
}

function psql(script: string): Promise<{ code: number | null; out: string; err: string }> {
  return new Promise((resolve) => {
    const child = spawn('psql', ['-X', '-q', server.url], { stdio: 'pipe' })
    const text = { out: '', err: '' }
    child.stdout.on('data', (data: Buffer) => (text.out += data.toString()))
    child.stderr.on('data', (data: Buffer) => (text.err += data.toString()))
    child.on('close', (code) => resolve({ code, ...text }))
    child.stdin.end(script)
  })
}
