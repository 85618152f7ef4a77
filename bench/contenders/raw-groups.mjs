// @ts-check
import pg from 'pg'
import { measure, readTask } from './measured.mjs'

/** What the fan-out comes down to: 50 tables and their 50 ledger-like rows a transaction, on some connections. */
const { url, connections } = /** @type {{ url: string, connections: number }} */ (readTask())
const clients = Array.from({ length: connections }, () => new pg.Client(url))
for (const client of clients) await client.connect()
const [first] = clients
if (first === undefined) throw new Error('no connection')
await first.query('create table raw_ledger (name text primary key, before jsonb, after jsonb)')

await measure(async () => {
  /** @type {{ rows: { name: string }[] }} */
  const { rows } = await first.query(
    "select relname as name from pg_class where relkind = 'r' and relname ~ '^user_table_[0-9a-f]{32}$' order by 1",
  )
  const groups = Array.from({ length: Math.ceil(rows.length / 50) }, (_, n) => rows.slice(n * 50, n * 50 + 50))
  /** @param {pg.Client} client */
  const work = async (client) => {
    for (let group = groups.shift(); group !== undefined; group = groups.shift()) {
      const statements = group.flatMap(({ name }) => [
        `alter table ${name} add column language text default 'en'`,
        `create index ${name.slice(0, 40)}_language_idx on ${name} (language)`,
      ])
      await client.query(`begin; set local lock_timeout = 500; ${statements.join(';')}`)
      await client.query(
        `insert into raw_ledger select n, '{"column": null}', '{"column": "language"}' from unnest($1::text[]) n`,
        [group.map(({ name }) => name)],
      )
      await client.query('commit')
    }
  }
  await Promise.all(clients.map(work))
})
for (const client of clients) await client.end()
