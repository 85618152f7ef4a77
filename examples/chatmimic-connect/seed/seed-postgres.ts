import { readFileSync } from 'node:fs'
import pg from 'pg'
import type { TenantPlan } from './tenant-plan.ts'
import { seedGroup, tenantGroups, type SeedTablesOptions } from './seed-tables.ts'

export interface SeedPostgresOptions extends SeedTablesOptions {
  readonly url: string
  /** Connections that provision at the same time. Default 1, which is all that an embedded Postgres has. */
  readonly connections?: number | undefined
}

const schema = new URL('../sql/schema.sql', import.meta.url)

/**
 * As `seedTables` over a connection string, one transaction for 25 tenants; before them the app's schema, where it is
 * not there. Returns the number of tenants.
 */
export async function seedPostgres(options: SeedPostgresOptions): Promise<number> {
  await withClient(options, async (client) => {
    const { rows } = await client.query<{ there: boolean }>(
      "select to_regprocedure('create_user_table(text)') is not null as there",
    )
    if (rows[0]?.there !== true) await client.query(readFileSync(schema, 'utf8'))
  })
  const groups = tenantGroups(options)
  const lanes = Array.from({ length: options.connections ?? 1 }, () => seedLane(groups, options))
  const counts = await Promise.all(lanes)
  return counts.reduce((sum, count) => sum + count, 0)
}

function seedLane(groups: Iterator<readonly TenantPlan[]>, options: SeedPostgresOptions): Promise<number> {
  return withClient(options, async (client) => {
    let count = 0
    for (let next = groups.next(); next.done !== true; next = groups.next()) {
      await client.query('begin')
      await seedGroup(client, next.value, options)
      await client.query('commit')
      count += next.value.length
    }
    return count
  })
}

async function withClient<T>({ url }: SeedPostgresOptions, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    return await work(client)
  } finally {
    await client.end()
  }
}
