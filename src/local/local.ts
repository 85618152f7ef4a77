/** The embedded stores for tests and tools in Node: `lockstep/local`. */
export type { FaultKind, FaultPlan, FaultRule } from './firestore/faults.ts'
export { createFirestoreServer } from './firestore/server.ts'
export type { FirestoreServer, FirestoreServerOptions } from './firestore/server.ts'
export { createPostgresServer } from './postgres/server.ts'
export type { PostgresServer, PostgresServerOptions } from './postgres/server.ts'
