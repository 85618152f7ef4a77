// Generated from the folders beside this file by `npm run generate`. Do not edit.
import { addColumn } from './postgres/add-column/add-column.ts'
import { addField } from './firestore/add-field/add-field.ts'

/** Every kind of change that Lockstep knows. */
export const operations = [addColumn, addField] as const

/** The changes to documents, by kind. */
export const firestoreOperations = { addField } as const

/** The changes to tables, by kind. */
export const postgresOperations = { addColumn } as const
