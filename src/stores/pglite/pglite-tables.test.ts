import { PGlite } from '@electric-sql/pglite'
import { cpSync, existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createFolderFlusher } from './fsync-folder.ts'
import { loadPglite } from './load-pglite.ts'
import { createPgliteTables } from './pglite-tables.ts'

let base: string
beforeAll(() => {
  base = mkdtempSync(join(tmpdir(), 'lockstep-pglite-'))
})
afterAll(() => rmSync(base, { recursive: true, force: true }))

it('keeps data and fingerprint over close and reopen, and locks the folder meanwhile', async () => {
  const folder = join(base, 'kept')
  const first = await createPgliteTables({ folder })
  await first.transaction((q) => q.query('CREATE TABLE t AS SELECT 42 AS n'))
  await expect(createPgliteTables({ folder })).rejects.toMatchObject({ code: 'LS-3006' })
  await first.close()
  const second = await createPgliteTables({ folder })
  expect(await second.read((q) => q.query('SELECT n FROM t'))).toEqual([{ n: 42 }])
  expect(second.target).toEqual(first.target)
  expect(second.target).toMatchObject({ engine: 'pglite', host: folder, port: undefined })
  await second.close()
  expect(existsSync(join(folder, 'lockstep.lock'))).toBe(false)
})

it('has everything in its files once durable resolves: a copy made then opens with the data', async () => {
  const folder = join(base, 'durable')
  const tables = await createPgliteTables({ folder })
  await tables.transaction((q) =>
    q.query("CREATE TABLE t AS SELECT i, repeat('x', 500) s FROM generate_series(1, 3000) i"),
  )
  await tables.durable()
  cpSync(join(folder, 'pgdata'), join(base, 'copy', 'pgdata'), { recursive: true })
  const copy = await createPgliteTables({ folder: join(base, 'copy') })
  expect(await copy.read((q) => q.query('SELECT count(*)::int n FROM t'))).toEqual([{ n: 3000 }])
  await copy.close()
  await tables.close()
})

it('flushes every file once and only changed files afterwards', async () => {
  const db = await loadPglite(join(base, 'flush'))
  const flusher = createFolderFlusher(join(base, 'flush'))
  const everything = await flusher.flush()
  expect(everything).toBeGreaterThan(900)
  // Files younger than two seconds are not trusted to be unchanged; wait until the clock has passed that.
  await expect.poll(() => flusher.flush(), { timeout: 20_000, interval: 500 }).toBe(0)
  await db.exec('CREATE TABLE later (n int); CHECKPOINT')
  const changed = await flusher.flush()
  expect(changed).toBeGreaterThan(1)
  expect(changed).toBeLessThan(100)
  await db.close()
})

it('works on a PGlite of the caller, waits for its transactions and leaves it open', async () => {
  const db = await PGlite.create()
  const tables = await createPgliteTables({ db })
  await db.exec('CREATE TABLE t (n int)')
  const seen: string[] = []
  const pause = () => new Promise((resolve) => setImmediate(resolve))
  const callers = db.transaction(async (tx) => {
    for (const n of [1, 2]) {
      await tx.exec(`INSERT INTO t VALUES (${n})`)
      await pause()
      seen.push('caller')
    }
  })
  const ours = tables.transaction(async (q) => {
    for (const n of [3, 4]) {
      await q.query('INSERT INTO t VALUES ($1)', [n])
      await pause()
      seen.push('tables')
    }
  })
  await Promise.all([callers, ours])
  expect([...seen].sort()).toEqual(['caller', 'caller', 'tables', 'tables'])
  expect(seen[0]).toBe(seen[1])
  await tables.close()
  expect((await db.query('SELECT n FROM t ORDER BY n')).rows).toEqual([1, 2, 3, 4].map((n) => ({ n })))
  await db.close()
})

it('refuses COPY FROM STDIN, which would end PGlite, and goes on', async () => {
  const tables = await createPgliteTables({})
  await expect(tables.transaction((q) => q.query('COPY pg_class FROM STDIN'))).rejects.toMatchObject({
    code: 'LS-3005',
  })
  await expect(tables.autocommit('COPY pg_class FROM STDIN')).rejects.toMatchObject({ code: 'LS-3005' })
  expect(await tables.read((q) => q.query('SELECT 1 AS n'))).toEqual([{ n: 1 }])
  await tables.close()
})

it('says what to install when PGlite is absent', async () => {
  const absent = () => import(`@electric-sql/${'not-installed'}`)
  await expect(loadPglite(undefined, { engine: absent, vector: absent })).rejects.toMatchObject({
    code: 'LS-1006',
    hint: expect.stringContaining('npm install @electric-sql/pglite@'),
  })
})

it('says why a folder cannot be opened and lets go of it', async () => {
  const folder = join(base, 'broken')
  await (await createPgliteTables({ folder })).close()
  rmSync(join(folder, 'pgdata', 'global'), { recursive: true })
  await expect(createPgliteTables({ folder })).rejects.toMatchObject({ code: 'LS-3008' })
  expect(existsSync(join(folder, 'lockstep.lock'))).toBe(false)
})
