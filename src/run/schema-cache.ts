import type { TableWriter } from '../stores/tables.ts'

/**
 * PostgREST (Supabase's REST) answers from what it last read of the schema. Where its role is on the server, it is told
 * to read it again: once for all that a phase changed, because it reads at most twice a second.
 */
export async function reloadSchemaCache(tables: TableWriter): Promise<void> {
  await tables.transaction(async (q) => {
    const [role] = await q.query<{ found: boolean }>(
      "select exists (select from pg_catalog.pg_roles where rolname = 'authenticator') as found",
    )
    if (role?.found === true) await q.script("notify pgrst, 'reload schema'")
  })
}
