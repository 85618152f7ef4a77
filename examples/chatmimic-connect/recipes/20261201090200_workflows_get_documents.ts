import { defineMigration, firestore } from 'lockstep'

/** The map of workflows grows with the app: each workflow becomes a document below its user. */
export default defineMigration({
  summary: 'Each workflow is a document',
  steps: [firestore.moveToSubcollection('Users/{uid}', 'workflows', { into: 'workflows', key: 'name' })],
})
