import { readFileSync } from 'node:fs'
import { PGlite } from '@electric-sql/pglite'
import { vector } from '@electric-sql/pglite-pgvector'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { seedTables } from './seed-tables.ts'
import { planTenants, tenantKey } from './tenant-plan.ts'

const sqlFile = (name: string): string => readFileSync(new URL(`../sql/${name}.sql`, import.meta.url), 'utf8')

async function createDatabase(grants: 'older' | 'newer'): Promise<PGlite> {
  const database = await PGlite.create({ extensions: { vector } })
  await database.exec(sqlFile('schema'))
  await database.exec(sqlFile(`grants-${grants}`))
  return database
}

describe('the tables as the app makes them', () => {
  const options = { seed: 'tables', tenants: 12, embeddingsPerTenant: 4 }
  const plans = [...planTenants(options)]
  const first = plans[0]!
  let database: PGlite

  beforeAll(async () => {
    database = await createDatabase('older')
    await database.exec(sqlFile('schema'))
    await seedTables(database, options)
  })
  afterAll(() => database.close())

  const rows = async (sql: string, params: unknown[] = []): Promise<Record<string, unknown>[]> =>
    (await database.query<Record<string, unknown>>(sql, params)).rows

  test('every tenant has its two tables with as many rows as planned', async () => {
    for (const { key, settings, embeddings } of plans) {
      expect(await rows(`select count(*)::int as n from user_table_${key}`)).toEqual([{ n: settings }])
      expect(await rows(`select count(*)::int as n from user_embeddings_${key}`)).toEqual([{ n: embeddings }])
    }
    expect(plans.reduce((sum, plan) => sum + plan.embeddings, 0)).toBe(48)
    const nulls = `select count(*)::int as n from user_table_${first.key} where integrations = 'null'`
    expect(await rows(nulls)).toEqual([{ n: 0 }])
  })

  test('the ivfflat index keeps its whole name', async () => {
    const indexes = await rows(`select indexname, indexdef from pg_indexes where indexdef like '%ivfflat%'`)
    expect(indexes).toHaveLength(12)
    expect(indexes.map((index) => index['indexname'])).toContain(`user_embeddings_${first.key}_embedding_idx`)
    expect(indexes[0]?.['indexdef']).toContain(`lists='100'`)
  })

  test('match_documents finds a stored text by its own embedding, given the uid', async () => {
    const owner = plans.find((plan) => plan.embeddings > 1)!
    const [stored] = await rows(`select id, embedding::text from user_embeddings_${owner.key} order by id limit 1`)
    const found = await rows('select * from match_documents($1, 0.1, 3, $2)', [stored?.['embedding'], owner.uid])
    expect(found[0]?.['id']).toBe(stored?.['id'])
    expect(found[0]?.['similarity']).toBeCloseTo(1, 4)
  })

  test('the defects are there: no search_path, no row level security, a check that is always true', async () => {
    const functions = await rows(
      `select proname from pg_proc where prosecdef and proconfig is null and pronamespace = 'public'::regnamespace
       order by proname`,
    )
    expect(functions.map((row) => row['proname'])).toEqual([
      'add_jsonb_column',
      'check_column_exists',
      'create_config_table',
      'create_user_table',
      'match_documents',
    ])
    expect(await rows(`select relname from pg_class where relrowsecurity`)).toEqual([])
    expect(await rows(`select check_column_exists('no_table', 'no_column') as there`)).toEqual([{ there: true }])
  })

  test('updated_at moves by itself in user_configs only', async () => {
    await rows(`update user_configs set max_tokens = 1`)
    expect(await rows('select * from user_configs where updated_at = created_at')).toEqual([])
    const before = await rows(`select updated_at from user_table_${first.key}`)
    await rows(`update user_table_${first.key} set services = '{}'`)
    expect(await rows(`select updated_at from user_table_${first.key}`)).toEqual(before)
  })

  test('older projects give a new user table to the API roles', async () => {
    expect(await apiReads(database, first.key)).toBe(true)
  })
})

describe('without the index', () => {
  test('the tables have the same columns, other dimensions are possible, and newer grants leave them out', async () => {
    const database = await createDatabase('newer')
    const options = { seed: 'plain', tenants: 3, embeddingsPerTenant: 2 }
    await seedTables(database, { ...options, embeddingsIndex: false, dims: 8 })
    const [plan] = planTenants(options)
    await database.query('select create_user_table($1)', ['by-the-app'])
    const shape = `select a.attname, format_type(a.atttypid, case when a.attname = 'embedding' then -1 else a.atttypmod end),
      pg_get_expr(d.adbin, d.adrelid) ~ '^nextval' as serial, a.attnotnull
      from pg_attribute a left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
      where a.attnum > 0 and a.attrelid = $1::regclass order by a.attnum`
    for (const table of ['user_table', 'user_embeddings']) {
      const plain = await database.query(shape, [`${table}_${plan!.key}`])
      const app = await database.query(shape, [`${table}_${tenantKey('by-the-app')}`])
      expect(plain.rows).toEqual(app.rows)
    }
    expect(await apiReads(database, plan!.key)).toBe(false)
    await database.close()
  })

  test('the app function refuses other dimensions', async () => {
    const nothing = { query: () => Promise.reject(new Error('not asked')) }
    await expect(seedTables(nothing, { seed: 's', tenants: 1, dims: 8 })).rejects.toMatchObject({ code: 'LS-1007' })
  })
})

async function apiReads(database: PGlite, key: string): Promise<boolean | undefined> {
  const sql = `select has_table_privilege('authenticated', $1, 'select') as granted`
  const { rows } = await database.query<{ granted: boolean }>(sql, [`user_table_${key}`])
  return rows[0]?.granted
}
