import { describe } from 'vitest'
import { createFirestoreServer } from '../../src/local/firestore/server.ts'
import { createPostgresServer } from '../../src/local/postgres/server.ts'
import { startOfficialEmulator } from '../stores/official-emulator.ts'
import { startRealPostgres } from '../stores/real-postgres.ts'
import { needs } from '../stores/skips.ts'

export interface Stores {
  readonly host: string
  readonly url: string
  close(): Promise<void>
}

/** Both pairs of stores take twice the time: the embedded one has its turn where there is no other, or on demand. */
export const full = process.env['LOCKSTEP_TORTURE'] === 'full'

/** Tests on the official emulator with PostgreSQL where they are found, else, and in full, on the embedded stores. */
export async function describeStores(tests: (open: () => Promise<Stores>) => void): Promise<void> {
  const emulator = await startOfficialEmulator()
  const postgres = await startRealPostgres()
  const missing = emulator === undefined ? 'no official Firestore emulator' : 'no PostgreSQL with pgvector'
  const real = emulator !== undefined && postgres?.vector === true
  describe('on the official emulator and PostgreSQL', needs(real ? emulator : undefined, missing), () => {
    tests(async () => {
      if (emulator === undefined || postgres === undefined) throw new Error(missing)
      return {
        host: emulator.host,
        url: postgres.url,
        close: async () => void (await Promise.all([emulator.stop(), postgres.stop()])),
      }
    })
  })
  if (real && !full) return
  describe('on the embedded stores', () => {
    tests(async () => {
      const firestore = await createFirestoreServer()
      const tables = await createPostgresServer()
      return {
        host: firestore.host,
        url: tables.url,
        close: async () => void (await Promise.all([firestore.close(), tables.close()])),
      }
    })
  })
}
