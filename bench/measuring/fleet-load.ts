import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'

/** What other sessions saw while the tables were changed. */
export interface Seen {
  readonly writes: number
  readonly probes: number
  readonly born: number
  /** SQLSTATE or message, with the session that saw it. */
  readonly errors: readonly string[]
  /** Milliseconds. */
  readonly longestWrite: number
  readonly longestProbe: number
}

/** Locks that the probe holds at once, of about 6,400 that the server has by default. */
const probedTables = 500

/** Longer than anything should take, so that a wait for a lock becomes an error at some point. */
const patience = 'set lock_timeout = 5000'

/**
 * Three sessions beside the work: one writes to tenants' tables, one takes hundreds of locks at once, one signs tenants
 * up. Each rests between its statements, as the two processors are the servers' too.
 */
export function startLoad(url: string, tables: readonly string[]): { stop(): Promise<Seen> } {
  const stopping = new AbortController()
  const seen = { writes: 0, probes: 0, born: 0, longestWrite: 0, longestProbe: 0 }
  const errors: string[] = []
  const session = async (name: string, rest: number, work: (q: pg.Client, n: number) => Promise<void>) => {
    const client = new pg.Client(url)
    await client.connect()
    await client.query(patience)
    for (let n = 0; !stopping.signal.aborted; n++) {
      await work(client, n).catch(async (error: unknown) => {
        errors.push(`${name}: ${error instanceof pg.DatabaseError ? `${error.code} ${error.message}` : String(error)}`)
        await client.query('rollback')
      })
      await sleep(rest)
    }
    await client.end()
  }
  const timed = async (work: Promise<unknown>): Promise<number> => {
    const started = performance.now()
    await work
    return performance.now() - started
  }
  const work = [
    session('writer', 2, async (q, n) => {
      const table = tables[(n * 7919) % tables.length] ?? ''
      const write =
        n % 2 === 0
          ? `update ${table} set company_info = '{"n": ${n}}' where id = 1`
          : `insert into ${table} (status, amount) values ('new', ${n})`
      seen.longestWrite = Math.max(seen.longestWrite, await timed(q.query(write)))
      seen.writes++
    }),
    session('probe', 100, async (q, n) => {
      const from = (n * 317) % Math.max(1, tables.length - probedTables)
      const some = tables.slice(from, from + probedTables).join(', ')
      const lock = q.query(`begin; lock table ${some} in access share mode; commit`)
      seen.longestProbe = Math.max(seen.longestProbe, await timed(lock))
      seen.probes++
    }),
    session('sign-up', 50, async (q, n) => {
      const uid = `born-${process.hrtime.bigint()}-${n}`
      await q.query(`begin; select create_user_table('${uid}'); insert into app_users values ('${uid}'); commit`)
      seen.born++
    }),
  ]
  return {
    async stop() {
      stopping.abort()
      await Promise.all(work)
      return { ...seen, errors }
    },
  }
}
