import { createFirestoreServer } from '../../src/local/firestore/server.ts'
import { createPgliteTables } from '../../src/stores/pglite/pglite-tables.ts'
import { createPostgresTables } from '../../src/stores/postgres/postgres-tables.ts'
import type { TableWriter } from '../../src/stores/tables.ts'
import { startOfficialEmulator } from '../stores/official-emulator.ts'
import { startRealPostgres } from '../stores/real-postgres.ts'

/** The stores of a world of laws: the embedded ones, or with LOCKSTEP_LAWS=real the official emulator and PostgreSQL. */
export interface LawStores {
  readonly host: string
  readonly tables: TableWriter
  /** Forgets every document of the project. */
  reset(project: string): Promise<void>
  close(): Promise<void>
}

export function openLawStores(): Promise<LawStores> {
  return process.env['LOCKSTEP_LAWS'] === 'real' ? openReal() : openEmbedded()
}

/** Tables in this PostgreSQL; documents embedded. */
export async function openLawStoresAt(url: string): Promise<LawStores> {
  const server = await createFirestoreServer()
  const tables = await createPostgresTables({ url })
  return {
    host: server.host,
    tables,
    reset: (project) => server.reset(project),
    close: async () => void (await Promise.all([tables.close(), server.close()])),
  }
}

/** Documents in an emulator that runs already; tables embedded. */
export async function openLawStoresOn(host: string): Promise<LawStores> {
  const tables = await createPgliteTables({})
  return { host, tables, reset: (project) => forget(host, project), close: () => tables.close() }
}

async function openEmbedded(): Promise<LawStores> {
  const server = await createFirestoreServer()
  const tables = await createPgliteTables({})
  return {
    host: server.host,
    tables,
    reset: (project) => server.reset(project),
    close: async () => void (await Promise.all([tables.close(), server.close()])),
  }
}

async function openReal(): Promise<LawStores> {
  const [emulator, postgres] = [await startOfficialEmulator(), await startRealPostgres()]
  if (emulator === undefined || postgres === undefined) throw new Error('the real stores are not on this machine')
  const tables = await createPostgresTables({ url: postgres.url })
  return {
    host: emulator.host,
    tables,
    reset: (project) => forget(emulator.host, project),
    async close() {
      await tables.close()
      await Promise.all([emulator.stop(), postgres.stop()])
    },
  }
}

async function forget(host: string, project: string): Promise<void> {
  const url = `http://${host}/emulator/v1/projects/${project}/databases/(default)/documents`
  const { ok, status } = await fetch(url, { method: 'DELETE' })
  if (!ok) throw new Error(`the emulator answered ${status} when asked to forget ${project}`)
}
