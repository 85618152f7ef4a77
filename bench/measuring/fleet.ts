import pg from 'pg'
import type { FleetOperation } from './fleet-operations.ts'
import { provisionFunction } from './fleet-operations.ts'

/** The tenants of the benchmark as `lockstep.config.ts` names them. */
export const fleetTenants = {
  source: { from: 'sql', sql: 'select uid from app_users' },
  key: 'md5',
  tables: { user_table: 'user_table_{key}' },
  provision: 'create_user_table(text)',
} as const

/** A table with a row for each tenant, as sign-ups make them. */
export async function seedTenants(url: string, tenants: number): Promise<void> {
  await ask(
    url,
    `create table app_users (uid text primary key); ${provisionFunction('')};
     insert into app_users select 'tenant-' || n from generate_series(1, ${tenants}) n`,
  )
  // Committed every 100, or the server would run out of locks.
  await ask(
    url,
    `do $$ declare r record; begin
       for r in select uid, row_number() over () as n from app_users loop
         perform create_user_table(r.uid);
         if r.n % 100 = 0 then commit; end if;
       end loop;
     end $$`,
  )
}

/** Sorted, so that whoever locks several of them never waits in a circle. */
export async function tablesOf(url: string): Promise<readonly string[]> {
  const rows = await ask(url, `select c.relname as name from pg_class c where ${isTenants} order by 1`)
  return rows.map(({ name }) => String(name))
}

const isTenants = `c.relkind = 'r' and c.relname ~ '^user_table_[0-9a-f]{32}$'`

/** Throws unless each of these tables, and with `born` those made meanwhile too, has the change exactly once. */
export async function checkFleet(
  url: string,
  { done }: FleetOperation,
  { before, born }: { readonly before: readonly string[]; readonly born: boolean },
): Promise<void> {
  const known = before.map((name) => `('${name}')`).join(',')
  const of = born ? '' : `and c.relname in (values ${known})`
  const wrong = await ask(url, `select c.relname as name from pg_class c where ${isTenants} ${of} and not (${done})`)
  const [first] = wrong
  if (first !== undefined)
    throw new Error(`${wrong.length} tables are not as they should be, as ${String(first['name'])}`)
}

/** Throws unless the ledger has one row for each of these tables in every step, and counted each of them once. */
export async function checkLedger(url: string, before: readonly string[]): Promise<void> {
  const known = before.map((name) => `('${name}')`).join(',')
  const [row] = await ask(
    url,
    `select (select count(*) from lockstep.tables where state <> 'changed')::int as other,
            (select count(*) from lockstep.tables t where name in (values ${known}))::int as noted,
            (select count(*) from lockstep.tables where name like 'user\\_table\\_%')::int as tables,
            (select sum(changed) from lockstep.shards where scope ? 'tables')::int as changed`,
  )
  const { other, noted, tables, changed } = row ?? {}
  if (other !== 0 || noted !== before.length || changed !== tables)
    throw new Error(`the ledger counts otherwise, of ${before.length} tables: ${JSON.stringify(row)}`)
}

async function ask(url: string, sql: string): Promise<readonly Record<string, unknown>[]> {
  const client = new pg.Client(url)
  await client.connect()
  try {
    return (await client.query<Record<string, unknown>>(sql)).rows
  } finally {
    await client.end()
  }
}
