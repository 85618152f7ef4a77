import { ledgerVersion } from './ledger/schema.ts'
import type { DocumentReader } from './stores/documents.ts'
import type { TableReader } from './stores/tables.ts'

/** What is known of the stores beside their targets. */
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

interface InspectedStores {
  readonly documents: DocumentReader
  readonly tables: TableReader
}

interface Facts {
  readonly ledger: boolean
  readonly installed: string | null
  readonly available: string | null
  readonly create: boolean
  readonly locks: number
}

/** One look at each store. Reads only; rejects with the store's own error where it does not answer. */
export async function inspectStores({ documents, tables }: InspectedStores): Promise<Inspection> {
  await documents.get(['_lockstep/state'], [])
  return tables.read(async (q) => {
    const [facts] = await q.query<Facts>(inspection)
    const { ledger, installed, available, create, locks } = facts ?? {
      ledger: false,
      installed: null,
      available: null,
      create: false,
      locks: 0,
    }
    const [meta] = ledger
      ? await q.query<{ version: number | null }>('select max(version) as version from lockstep.meta')
      : []
    return {
      ledger: meta?.version ?? 0,
      knownLedger: ledgerVersion,
      vector: { installed, available },
      mayCreate: create,
      lockTable: locks,
    }
  })
}

const inspection = `
select to_regclass('lockstep.meta') is not null as ledger,
       (select extversion from pg_catalog.pg_extension where extname = 'vector') as installed,
       (select default_version from pg_catalog.pg_available_extensions where name = 'vector') as available,
       pg_catalog.has_database_privilege(current_database(), 'CREATE') as create,
       current_setting('max_locks_per_transaction')::float8
         * (current_setting('max_connections')::int + current_setting('max_prepared_transactions')::int) as locks`
