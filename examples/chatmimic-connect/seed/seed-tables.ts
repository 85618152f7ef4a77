import { LockstepError } from '../../../src/kernel/errors.ts'
import { planTenants, type SeedOptions, type TenantPlan } from './tenant-plan.ts'
import { configRow, embeddingRows, settingsRows, type EmbeddingRow } from './tenant-rows.ts'

/** Any handle that runs one statement with `$1…`: a pg client, an in-process PGlite, the port's Queryable. */
export interface SqlHandle {
  query(sql: string, params?: unknown[]): Promise<unknown>
}

export interface SeedTablesOptions extends SeedOptions {
  /**
   * False makes the tables without the ivfflat index (1.6 MB a tenant), by plain statements instead of the app's
   * `create_user_table`; everything else about them is equal. Default true.
   */
  readonly embeddingsIndex?: boolean | undefined
}

/** Tenants provisioned in one statement: about 300 locks, far below the server's lock table. */
export const tenantsPerGroup = 25
const embeddingsPerStatement = 50

/** Makes the tables of every tenant and fills them; needs sql/schema.sql. Returns the number of tenants. */
export async function seedTables(q: SqlHandle, options: SeedTablesOptions): Promise<number> {
  let count = 0
  for (const group of tenantGroups(options)) {
    await seedGroup(q, group, options)
    count += group.length
  }
  return count
}

/** The tenants in groups of 25. LS-1007 where the app's function could not store such embeddings. */
export function* tenantGroups(options: SeedTablesOptions): Generator<readonly TenantPlan[]> {
  if ((options.dims ?? 1536) !== 1536 && options.embeddingsIndex !== false) {
    throw new LockstepError('LS-1007', `create_user_table makes vector(1536), not vector(${options.dims})`, {
      where: { name: 'dims' },
      hint: 'leave dims away, or pass embeddingsIndex: false',
    })
  }
  let group: TenantPlan[] = []
  for (const tenant of planTenants(options)) {
    group.push(tenant)
    if (group.length === tenantsPerGroup) {
      yield group
      group = []
    }
  }
  if (group.length > 0) yield group
}

/** One group: its tables in one statement, then its rows. */
export async function seedGroup(q: SqlHandle, group: readonly TenantPlan[], options: SeedTablesOptions): Promise<void> {
  if (options.embeddingsIndex === false) {
    for (const tenant of group) await createTablesPlainly(q, tenant, options.dims ?? 1536)
  } else {
    const uids = JSON.stringify(group.map((tenant) => tenant.uid))
    await q.query('select create_user_table(uid) from jsonb_array_elements_text($1::text::jsonb) as uid', [uids])
  }
  await insertConfigs(q, group, options)
  for (const tenant of group) {
    await insertSettings(q, tenant, options)
    await insertEmbeddings(q, tenant, options)
  }
}

async function createTablesPlainly(q: SqlHandle, tenant: TenantPlan, dims: number): Promise<void> {
  await q.query(
    `create table if not exists user_table_${tenant.key} (
       id serial primary key, company_info jsonb, services jsonb, communication_style jsonb,
       business_processes jsonb, integrations jsonb,
       created_at timestamptz default now(), updated_at timestamptz default now())`,
  )
  await q.query(
    `create table if not exists user_embeddings_${tenant.key} (
       id serial primary key, content text, embedding vector(${dims}), query_name text,
       created_at timestamptz default now())`,
  )
}

async function insertConfigs(q: SqlHandle, group: readonly TenantPlan[], options: SeedOptions): Promise<void> {
  const rows = group.map((tenant) => configRow(options, tenant)).filter((row) => row !== undefined)
  await q.query(
    `insert into user_configs (user_id, temperature, max_tokens, full_config, created_at, updated_at)
     select user_id, temperature, max_tokens, full_config, created_at, created_at
       from jsonb_to_recordset($1::text::jsonb)
         as r (user_id text, temperature float, max_tokens int, full_config jsonb, created_at timestamptz)`,
    [JSON.stringify(rows)],
  )
}

async function insertSettings(q: SqlHandle, tenant: TenantPlan, options: SeedOptions): Promise<void> {
  const columns =
    'company_info, services, communication_style, business_processes, integrations, created_at, updated_at'
  await q.query(
    `insert into user_table_${tenant.key} (${columns}) select ${columns}
       from jsonb_to_recordset($1::text::jsonb)
         as r (company_info jsonb, services jsonb, communication_style jsonb, business_processes jsonb,
               integrations jsonb, created_at timestamptz, updated_at timestamptz)`,
    [JSON.stringify(settingsRows(options, tenant))],
  )
}

async function insertEmbeddings(q: SqlHandle, tenant: TenantPlan, options: SeedOptions): Promise<void> {
  const insert = (rows: readonly EmbeddingRow[]): Promise<unknown> =>
    q.query(
      `insert into user_embeddings_${tenant.key} (content, embedding, query_name, created_at)
       select content, embedding::vector, query_name, created_at
         from jsonb_to_recordset($1::text::jsonb)
           as r (content text, embedding text, query_name text, created_at timestamptz)`,
      [JSON.stringify(rows)],
    )
  let rows: EmbeddingRow[] = []
  for (const row of embeddingRows(options, tenant)) {
    rows.push(row)
    if (rows.length === embeddingsPerStatement) {
      await insert(rows)
      rows = []
    }
  }
  if (rows.length > 0) await insert(rows)
}
