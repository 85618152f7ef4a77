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

interface Session {
  readonly name: string
  /** Milliseconds between two statements: the two processors are the servers' too. */
  readonly rest: number
  readonly work: (q: pg.Client, n: number) => Promise<unknown>
}

async function timed(work: Promise<unknown>): Promise<number> {
  const started = performance.now()
  await work
  return performance.now() - started
}

/** One writes to tenants' tables, one takes hundreds of locks at once, one signs tenants up. */
function sessionsOf(
  tables: readonly string[],
  seen: { -readonly [K in keyof Omit<Seen, 'errors'>]: number },
): readonly Session[] {
  const write = (n: number): string => {
    const table = tables[(n * 7919) % tables.length] ?? ''
    return n % 2 === 0
      ? `update ${table} set company_info = '{"n": ${n}}' where id = 1`
      : `insert into ${table} (status, amount) values ('new', ${n})`
  }
  const probe = (n: number): string => {
    const from = (n * 317) % Math.max(1, tables.length - probedTables)
    return `begin; lock table ${tables.slice(from, from + probedTables).join(', ')} in access share mode; commit`
  }
  const signUp = (uid: string): string =>
    `begin; select create_user_table('${uid}'); insert into app_users values ('${uid}'); commit`
  return [
    {
      name: 'writer',
      rest: 2,
      async work(q, n) {
        seen.longestWrite = Math.max(seen.longestWrite, await timed(q.query(write(n))))
        seen.writes++
      },
    },
    {
      name: 'probe',
      rest: 100,
      async work(q, n) {
        seen.longestProbe = Math.max(seen.longestProbe, await timed(q.query(probe(n))))
        seen.probes++
      },
    },
    {
      name: 'sign-up',
      rest: 50,
      async work(q, n) {
        await q.query(signUp(`born-${process.hrtime.bigint()}-${n}`))
        seen.born++
      },
    },
  ]
}

/** Three sessions beside the work, until they are told to stop. */
export function startLoad(url: string, tables: readonly string[]): { stop(): Promise<Seen> } {
  const stopping = new AbortController()
  const seen = { writes: 0, probes: 0, born: 0, longestWrite: 0, longestProbe: 0 }
  const errors: string[] = []
  const run = async ({ name, rest, work }: Session): Promise<void> => {
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
  const all = Promise.all(sessionsOf(tables, seen).map(run))
  return {
    async stop() {
      stopping.abort()
      await all
      return { ...seen, errors }
    },
  }
}
