// Generated from the folders beside this file by `npm run generate`. Do not edit.
import { addColumn, addColumnStep } from './postgres/add-column/add-column.ts'
import { addField, addFieldStep } from './firestore/add-field/add-field.ts'
import { foldSubcollection, foldSubcollectionStep } from './firestore/fold-subcollection/fold-subcollection.ts'
import {
  moveToSubcollection,
  moveToSubcollectionStep,
} from './firestore/move-to-subcollection/move-to-subcollection.ts'
import { renameField, renameFieldStep } from './firestore/rename-field/rename-field.ts'

/** Every kind of change that Lockstep knows. */
export const operations = Object.freeze([
  addColumn,
  addField,
  foldSubcollection,
  moveToSubcollection,
  renameField,
] as const)

/** What migration files call to describe a change of documents, by kind. */
export const firestoreSteps = Object.freeze({
  addField: addFieldStep,
  foldSubcollection: foldSubcollectionStep,
  moveToSubcollection: moveToSubcollectionStep,
  renameField: renameFieldStep,
})

/** What migration files call to describe a change of tables, by kind. */
export const postgresSteps = Object.freeze({ addColumn: addColumnStep })
