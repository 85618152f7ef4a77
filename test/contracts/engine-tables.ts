import type { PGlite } from '@electric-sql/pglite'
import pg from 'pg'
import type { Queryable, TableTarget, TableWriter, TransactionOptions } from '../../src/stores/tables.ts'

/** The table port, as much of it as an engine uses, over a pool of two connections. */
export function createPgTables(url: string): TableWriter {
  const pool = new pg.Pool({ connectionString: url, max: 2 })
  pool.on('error', () => undefined) // an idle connection died; the next query gets a new one or fails by itself
  const within = async <T>(begin: string, work: (q: Queryable) => Promise<T>): Promise<T> => {
    const client = await pool.connect()
    let broken: Error | undefined
    client.on('error', (error) => (broken = error))
    const q: Queryable = {
      query: async <Row extends object>(sql: string, params?: readonly unknown[]) =>
        (await client.query<Row>(sql, params && [...params])).rows,
    }
    try {
      await client.query(begin)
      const result = await work(q)
      await client.query('COMMIT')
      return result
    } catch (error) {
      await client.query('ROLLBACK').catch((lost: Error) => (broken = lost))
      throw error
    } finally {
      client.removeAllListeners('error')
      client.release(broken)
    }
  }
  return tablesOf(
    'postgres',
    within,
    async (sql) => void (await pool.query(sql)),
    () => pool.end(),
  )
}

/** The same over one embedded session. */
export function createLiteTables(db: PGlite): TableWriter {
  const within = <T>(begin: string, work: (q: Queryable) => Promise<T>): Promise<T> =>
    db.transaction(async (tx) => {
      for (const setting of begin.split(';').slice(1)) await tx.query(setting)
      return work({
        query: async <Row extends object>(sql: string, params?: readonly unknown[]) =>
          (await tx.query<Row>(sql, params && [...params])).rows,
      })
    })
  return tablesOf(
    'pglite',
    within,
    async (sql) => void (await db.query(sql)),
    () => db.close(),
  )
}

function tablesOf(
  engine: TableTarget['engine'],
  within: <T>(begin: string, work: (q: Queryable) => Promise<T>) => Promise<T>,
  autocommit: (sql: string) => Promise<void>,
  close: () => Promise<void>,
): TableWriter {
  const transaction = <T>(work: (q: Queryable) => Promise<T>, options: TransactionOptions = {}): Promise<T> =>
    within(
      `BEGIN;SET LOCAL lock_timeout = ${options.lockTimeout ?? 500};SET LOCAL statement_timeout = ${options.statementTimeout ?? 30_000}`,
      work,
    )
  return {
    target: {
      host: '127.0.0.1',
      port: undefined,
      database: 'test',
      user: 'test',
      engine,
      serverVersion: 0,
      fingerprint: '',
    },
    read: (work) => within('BEGIN;SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY', work),
    transaction,
    autocommit,
    durable: async () => undefined,
    close,
  }
}
