import { afterAll, describe, expect, it } from 'vitest'
import { createPostgresTables } from '../../src/stores/postgres/postgres-tables.ts'
import { sqlState } from '../../src/stores/tables.ts'
import { startRealPostgres } from '../stores/real-postgres.ts'
import { tablesContract } from './tables.ts'

const server = await startRealPostgres()
afterAll(() => server?.stop())

if (server === undefined) {
  it.skip('needs a real Postgres', () => undefined)
} else {
  tablesContract(
    'a Postgres server',
    async () => {
      const tables = await createPostgresTables({ url: server.url })
      return { tables, close: () => tables.close() }
    },
    server.vector,
  )

  describe('a Postgres server with two sessions', () => {
    it('gives up waiting for a lock after lockTimeout', async () => {
      const tables = await createPostgresTables({ url: server.url })
      await tables.transaction((q) => q.query('CREATE TABLE held (id int)'))
      await tables.transaction(async (q) => {
        await q.query('LOCK TABLE held')
        const waiting = tables.transaction((other) => other.query('SELECT * FROM held'), { lockTimeout: 100 })
        expect(sqlState(await waiting.catch((error: unknown) => error))).toBe('55P03')
        const concurrent = tables.autocommit('CREATE INDEX CONCURRENTLY held_id ON held (id)', { lockTimeout: 100 })
        expect(sqlState(await concurrent.catch((error: unknown) => error))).toBe('55P03')
      })
      await tables.close()
    })

    it('cuts a statement off after statementTimeout', async () => {
      const tables = await createPostgresTables({ url: server.url })
      const slow = tables.transaction((q) => q.query('SELECT pg_sleep(20)'), { statementTimeout: 100 })
      expect(sqlState(await slow.catch((error: unknown) => error))).toBe('57014')
      await tables.close()
    })

    it('reads one moment, whatever others write', async () => {
      const tables = await createPostgresTables({ url: server.url })
      await tables.transaction((q) => q.query('CREATE TABLE moment AS SELECT 1 AS n'))
      const counts = await tables.read(async (q) => {
        const before = await q.query('SELECT count(*)::int AS n FROM moment')
        await tables.transaction((other) => other.query('INSERT INTO moment VALUES (2)'))
        return [before, await q.query('SELECT count(*)::int AS n FROM moment')]
      })
      expect(counts).toEqual([[{ n: 1 }], [{ n: 1 }]])
      await tables.close()
    })
  })
}
