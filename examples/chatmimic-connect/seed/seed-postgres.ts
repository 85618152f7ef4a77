import pg from 'pg'
import type { TenantPlan } from './tenant-plan.ts'
import { seedGroup, tenantGroups, type SeedTablesOptions } from './seed-tables.ts'

export interface SeedPostgresOptions extends SeedTablesOptions {
  readonly url: string
  /** Connections that provision at the same time. Default 1, which is all that an embedded Postgres has. */
  readonly connections?: number | undefined
}

/** As `seedTables` over a connection string, one transaction for 25 tenants. Returns the number of tenants. */
export async function seedPostgres(options: SeedPostgresOptions): Promise<number> {
  const groups = tenantGroups(options)
  const lanes = Array.from({ length: options.connections ?? 1 }, () => seedLane(groups, options))
  const counts = await Promise.all(lanes)
  return counts.reduce((sum, count) => sum + count, 0)
}

async function seedLane(groups: Iterator<readonly TenantPlan[]>, options: SeedPostgresOptions): Promise<number> {
  const client = new pg.Client({ connectionString: options.url })
  await client.connect()
  try {
    let count = 0
    for (let next = groups.next(); next.done !== true; next = groups.next()) {
      await client.query('begin')
      await seedGroup(client, next.value, options)
      await client.query('commit')
      count += next.value.length
    }
    return count
  } finally {
    await client.end()
  }
}
