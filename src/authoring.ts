import { defineConfig } from './config.ts'
import { defineMigration } from './migrations/define-migration.ts'
import { rememberPlaces } from './migrations/step-places.ts'
import { firestoreSteps, postgresSteps } from './operations/catalogue.ts'
import { tenants } from './tenants/tenants-config.ts'
import type { DocumentsSource, SqlSource } from './tenants/tenants-config.ts'

/** Steps on Firestore, and Firestore as the source of tenants. */
export const firestore = Object.freeze({
  ...rememberPlaces(firestoreSteps),
  /** The ids of this collection's documents are the tenants' uids. */
  documents: (collection: string): DocumentsSource => ({ from: 'documents', collection }),
})

/** Steps on Postgres, and Postgres as the source of tenants. */
export const postgres = Object.freeze({
  ...rememberPlaces(postgresSteps),
  /** The first column of the result holds the tenants' uids. */
  query: (sql: string): SqlSource => ({ from: 'sql', sql }),
})

export { defineConfig, defineMigration, tenants }

/** What `import … from 'lockstep'` gives to migration and configuration files, from this very process. */
export const provided = Object.freeze({ lockstep: { defineConfig, defineMigration, firestore, postgres, tenants } })
