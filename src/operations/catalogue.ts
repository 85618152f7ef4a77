// Generated from the folders beside this file by `npm run generate`. Do not edit.

/** Every kind of change that Lockstep knows. */
export const operations = [] as const

/** The changes to documents, by kind. */
export const firestoreOperations = {} as const

/** The changes to tables, by kind. */
export const postgresOperations = {} as const
