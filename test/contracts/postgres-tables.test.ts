import { afterAll, describe, expect, it } from 'vitest'
import { createPostgresTables } from '../../src/stores/postgres/postgres-tables.ts'
import { sqlState } from '../../src/stores/tables.ts'
import { startCuttingProxy } from '../stores/cutting-proxy.ts'
import { startRealPostgres } from '../stores/real-postgres.ts'
import { createRandom } from '../torture/seeded.ts'
import { patientTables } from './patient-tables.ts'
import { tablesContract } from './tables.ts'

const [server, other] = [await startRealPostgres(), await startRealPostgres()]
afterAll(async () => {
  await server?.stop()
  await other?.stop()
})

if (server === undefined || other === undefined) {
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

  tablesContract(
    'a Postgres server whose connections are cut',
    async () => {
      const url = new URL(other.url)
      const proxy = await startCuttingProxy(url.host)
      url.host = proxy.host
      const random = createRandom(Number(process.env['LOCKSTEP_SEED'] ?? 1))
      const direct = await createPostgresTables({ url: url.href })
      await direct.transaction((q) => q.query('CREATE TABLE receipt (id uuid PRIMARY KEY)'))
      const tables = patientTables(direct, (nth) => proxy.cutIn(nth === 0 ? 1 + Math.floor(random() * 5) : Infinity))
      const close = async (): Promise<void> => {
        await tables.close()
        await proxy.stop()
        const told = { cuts: proxy.cuts(), lostAnswers: tables.lostAnswers() }
        if (told.cuts < 10 || told.lostAnswers === 0) throw new Error(`too little trouble: ${JSON.stringify(told)}`)
      }
      return { tables, close }
    },
    other.vector,
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
