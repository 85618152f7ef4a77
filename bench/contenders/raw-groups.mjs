// @ts-check
import pg from 'pg'
import { measure, readTask } from './measured.mjs'

/** @typedef {{ url: string, connections: number, once?: string[], passes: string[][] }} Task */

/**
 * What the fan-out comes down to: 50 tables and, with the first pass, their 50 ledger-like rows a transaction, on some
 * connections. A group that gets no lock in time is tried again.
 */
const { url, connections, once = [], passes } = /** @type {Task} */ (readTask())
const clients = Array.from({ length: connections }, () => new pg.Client(url))
for (const client of clients) await client.connect()
const [first] = clients
if (first === undefined) throw new Error('no connection')
await first.query('create table raw_ledger (name text primary key, before jsonb, after jsonb)')

/** @param {pg.Client} client @param {string[]} statements @param {string[]} noted */
async function inTransaction(client, statements, noted) {
  for (;;) {
    try {
      await client.query(`begin; set local lock_timeout = 500; ${statements.join(';')}`)
      await client.query(
        `insert into raw_ledger select n, '{"column": null}', '{"column": "language"}' from unnest($1::text[]) n`,
        [noted],
      )
      await client.query('commit')
      return
    } catch (error) {
      if (!(error instanceof pg.DatabaseError) || (error.code !== '55P03' && error.code !== '40P01')) throw error
      await client.query('rollback')
    }
  }
}

await measure(async () => {
  /** @type {{ rows: { name: string }[] }} */
  const { rows } = await first.query(
    "select relname as name from pg_class where relkind = 'r' and relname ~ '^user_table_[0-9a-f]{32}$' order by 1",
  )
  // After the list: tenants that sign up from now on have what the function gives.
  for (const statement of once) await first.query(statement)
  for (const [n, pass] of passes.entries()) {
    const groups = Array.from({ length: Math.ceil(rows.length / 50) }, (_, at) => rows.slice(at * 50, at * 50 + 50))
    /** @param {pg.Client} client */
    const work = async (client) => {
      for (let group = groups.shift(); group !== undefined; group = groups.shift()) {
        const statements = group.flatMap(({ name }) =>
          pass.map((each) => each.replaceAll('{table}', name).replaceAll('{cut}', name.slice(0, 40))),
        )
        await inTransaction(client, statements, n === 0 ? group.map(({ name }) => name) : [])
      }
    }
    await Promise.all(clients.map(work))
  }
})
for (const client of clients) await client.end()
