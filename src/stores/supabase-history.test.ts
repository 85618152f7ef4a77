import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createPgliteTables } from './pglite/pglite-tables.ts'
import { createSupabaseHistory } from './supabase-history.ts'
import type { TableWriter } from './tables.ts'

const folder = mkdtempSync(join(tmpdir(), 'lockstep-supabase-'))
let tables: TableWriter

beforeAll(async () => {
  tables = await createPgliteTables({})
})
afterAll(async () => {
  await tables.close()
  rmSync(folder, { recursive: true })
})

it('keeps database and files in step, there and back, and says where they are not', async () => {
  const history = createSupabaseHistory(tables, folder)
  expect(await history.drift()).toEqual([])
  await history.reverted('20261122093000_chats_know')
  await history.applied('20261122093000_chats_know')
  await history.applied('20261122093000_chats_know')
  expect(await history.drift()).toEqual([])
  const rows = await tables.read((q) => q.query('select version, name from supabase_migrations.schema_migrations'))
  expect(rows).toEqual([{ version: '20261122093000', name: 'chats_know' }])
  expect(readdirSync(join(folder, 'supabase/migrations'))).toEqual(['20261122093000_chats_know.sql'])

  mkdirSync(join(folder, 'supabase/migrations'), { recursive: true })
  writeFileSync(join(folder, 'supabase/migrations/20260101000000_theirs.sql'), 'select 1')
  writeFileSync(join(folder, 'supabase/migrations/notes.txt'), '')
  await tables.transaction((q) =>
    q.script("insert into supabase_migrations.schema_migrations (version) values ('20250101000000')"),
  )
  expect(await history.drift()).toEqual([
    'supabase/migrations has 20260101000000, the database does not: supabase db push',
    'the database has Supabase migration 20250101000000, supabase/migrations does not',
  ])
  await history.reverted('20261122093000_chats_know')
  expect(readdirSync(join(folder, 'supabase/migrations')).sort()).toEqual(['20260101000000_theirs.sql', 'notes.txt'])
})
