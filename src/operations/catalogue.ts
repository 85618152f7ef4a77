// Generated from the folders beside this file by `npm run generate`. Do not edit.
import { addColumn, addColumnStep } from './postgres/add-column/add-column.ts'
import { addConstraint, addConstraintStep } from './postgres/add-constraint/add-constraint.ts'
import { addField, addFieldStep } from './firestore/add-field/add-field.ts'
import { addIndex, addIndexStep } from './postgres/add-index/add-index.ts'
import { convertColumn, convertColumnStep } from './postgres/convert-column/convert-column.ts'
import { convertField, convertFieldStep } from './firestore/convert-field/convert-field.ts'
import { createTable, createTableStep } from './postgres/create-table/create-table.ts'
import { dropColumn, dropColumnStep } from './postgres/drop-column/drop-column.ts'
import { ensureIndex, ensureIndexStep } from './firestore/ensure-index/ensure-index.ts'
import { foldSubcollection, foldSubcollectionStep } from './firestore/fold-subcollection/fold-subcollection.ts'
import { mergeDocuments, mergeDocumentsStep } from './firestore/merge-documents/merge-documents.ts'
import {
  moveToSubcollection,
  moveToSubcollectionStep,
} from './firestore/move-to-subcollection/move-to-subcollection.ts'
import { removeField, removeFieldStep } from './firestore/remove-field/remove-field.ts'
import { renameCollection, renameCollectionStep } from './firestore/rename-collection/rename-collection.ts'
import { renameColumn, renameColumnStep } from './postgres/rename-column/rename-column.ts'
import { renameField, renameFieldStep } from './firestore/rename-field/rename-field.ts'
import { replaceFunction, replaceFunctionStep } from './postgres/replace-function/replace-function.ts'
import { resizeEmbeddings, resizeEmbeddingsStep } from './postgres/resize-embeddings/resize-embeddings.ts'
import { setNotNull, setNotNullStep } from './postgres/set-not-null/set-not-null.ts'
import { splitDocument, splitDocumentStep } from './firestore/split-document/split-document.ts'
import { sql, sqlStep } from './postgres/sql/sql.ts'
import { transformDocuments, transformDocumentsStep } from './firestore/transform-documents/transform-documents.ts'

/** Every kind of change that Lockstep knows. */
export const operations = Object.freeze([
  addColumn,
  addConstraint,
  addField,
  addIndex,
  convertColumn,
  convertField,
  createTable,
  dropColumn,
  ensureIndex,
  foldSubcollection,
  mergeDocuments,
  moveToSubcollection,
  removeField,
  renameCollection,
  renameColumn,
  renameField,
  replaceFunction,
  resizeEmbeddings,
  setNotNull,
  splitDocument,
  sql,
  transformDocuments,
] as const)

/** What migration files call to describe a change of documents, by kind. */
export const firestoreSteps = Object.freeze({
  addField: addFieldStep,
  convertField: convertFieldStep,
  ensureIndex: ensureIndexStep,
  foldSubcollection: foldSubcollectionStep,
  mergeDocuments: mergeDocumentsStep,
  moveToSubcollection: moveToSubcollectionStep,
  removeField: removeFieldStep,
  renameCollection: renameCollectionStep,
  renameField: renameFieldStep,
  splitDocument: splitDocumentStep,
  transformDocuments: transformDocumentsStep,
})

/** What migration files call to describe a change of tables, by kind. */
export const postgresSteps = Object.freeze({
  addColumn: addColumnStep,
  addConstraint: addConstraintStep,
  addIndex: addIndexStep,
  convertColumn: convertColumnStep,
  createTable: createTableStep,
  dropColumn: dropColumnStep,
  renameColumn: renameColumnStep,
  replaceFunction: replaceFunctionStep,
  resizeEmbeddings: resizeEmbeddingsStep,
  setNotNull: setNotNullStep,
  sql: sqlStep,
})
