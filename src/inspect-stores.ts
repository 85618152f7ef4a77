import { ledgerVersion } from './ledger/schema.ts'
import type { TableReader } from './stores/tables.ts'

/** What is known of the table store beside its target. */
export interface Inspection {
  /** 0 where there is no ledger yet. */
  readonly ledger: number
  /** The newest ledger this Lockstep knows. */
  readonly knownLedger: number
  /** The version of pgvector installed in the database, and the one that could be. */
  readonly vector: { readonly installed: string | null; readonly available: string | null }
  /** Whether the user may create schemas here, as the ledger needs. */
  readonly mayCreate: boolean
  /** Locks that all transactions together can hold. */
  readonly lockTable: number
}

/** One look at the table store. Reads only. */
export async function inspectStores(tables: TableReader): Promise<Inspection> {
  return tables.read(async (q) => {
    const [facts] = await q.query<{ ledger: boolean; installed: string | null; available: string | null; create: boolean; locks: string }>(inspection)
    const [meta] = facts?.ledger === true ? await q.query<{ version: number | null }>('select max(version) as version from lockstep.meta') : []
    return {
      ledger: meta?.version ?? 0,
      knownLedger: ledgerVersion,
      vector: { installed: facts?.installed ?? null, available: facts?.available ?? null },
      mayCreate: facts?.create ?? false,
      lockTable: Number(facts?.locks ?? 0),
    }
  })
}

const inspection = `
select to_regclass('lockstep.meta') is not null as ledger,
       (select extversion from pg_catalog.pg_extension where extname = 'vector') as installed,
       (select default_version from pg_catalog.pg_available_extensions where name = 'vector') as available,
       pg_catalog.has_database_privilege(current_database(), 'CREATE') as create,
       (current_setting('max_locks_per_transaction')::int
         * (current_setting('max_connections')::int + current_setting('max_prepared_transactions')::int))::text as locks`
