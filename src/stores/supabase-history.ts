import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { TableWriter } from './tables.ts'

/** The history that the Supabase CLI keeps in the database, beside the files of `supabase/migrations`. */
export interface SupabaseHistory {
  /** Where files and database disagree, in words. Reads only. */
  drift(): Promise<readonly string[]>
  /** Notes a migration as applied, with a file that stands for it, so that `supabase db push` goes on. Safe to repeat. */
  applied(migration: string): Promise<void>
  /** Takes both away again. Safe to repeat. */
  reverted(migration: string): Promise<void>
}

const fileName = /^(\d{14})_(.+)\.sql$/

/** `folder` is the project's; the files are in `supabase/migrations` below it. */
export function createSupabaseHistory(tables: TableWriter, folder: string): SupabaseHistory {
  const files = join(folder, 'supabase', 'migrations')
  return {
    async drift() {
      const local = existsSync(files) ? readdirSync(files).flatMap((name) => fileName.exec(name)?.[1] ?? []) : []
      const remote = await readVersions(tables)
      const [here, there] = [new Set(local), new Set(remote)]
      return [
        ...local.flatMap((version) =>
          there.has(version) ? [] : [`supabase/migrations has ${version}, the database does not: supabase db push`],
        ),
        ...remote.flatMap((version) =>
          here.has(version) ? [] : [`the database has Supabase migration ${version}, supabase/migrations does not`],
        ),
      ]
    },
    async applied(migration) {
      const { version, name } = partsOf(migration)
      await tables.transaction((q) => q.script(historyTable))
      await tables.transaction((q) =>
        q.query(
          `insert into supabase_migrations.schema_migrations (version, name, statements) values ($1, $2, '{}')
           on conflict (version) do nothing`,
          [version, name],
        ),
      )
      mkdirSync(files, { recursive: true })
      writeFileSync(join(files, `${migration}.sql`), `-- Applied by lockstep up: see the migration ${migration}.\n`)
    },
    async reverted(migration) {
      if ((await readVersions(tables)).length > 0)
        await tables.transaction((q) =>
          q.query('delete from supabase_migrations.schema_migrations where version = $1', [partsOf(migration).version]),
        )
      rmSync(join(files, `${migration}.sql`), { force: true })
    },
  }
}

/** As the Supabase CLI makes it. */
const historyTable = `create schema if not exists supabase_migrations;
create table if not exists supabase_migrations.schema_migrations (version text primary key, statements text[], name text)`

function partsOf(migration: string): { readonly version: string; readonly name: string } {
  return { version: migration.slice(0, 14), name: migration.slice(15) }
}

async function readVersions(tables: TableWriter): Promise<readonly string[]> {
  return tables.read(async (q) => {
    const [history] = await q.query<{ found: boolean }>(
      "select to_regclass('supabase_migrations.schema_migrations') is not null as found",
    )
    if (history?.found !== true) return []
    const rows = await q.query<{ version: string }>(
      'select version from supabase_migrations.schema_migrations order by version',
    )
    return rows.map(({ version }) => version)
  })
}
