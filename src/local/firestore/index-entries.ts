import type { CompositeIndex, IndexedBy } from '../../stores/indexes.ts'
import type { Indexes } from './index-needs.ts'
import { limits } from './limits.ts'
import { compareValues } from './order.ts'
import { nameField, parsePath, valueAt } from './paths.ts'
import type { FieldPath } from './paths.ts'
import { invalid } from './status.ts'
import type { StoredDocument } from './store.ts'
import type { Fields, Value } from './values.ts'

/** Two for each byte is more than any value has in the indexes of its field. */
const mostPerByte = 2

/** Refuses a document that would have more than 40,000 entries in the indexes of its collection. */
export function checkIndexEntries(document: StoredDocument, indexes: Indexes): void {
  const composites = indexes.composites.filter(({ group }) => group === document.collectionId)
  if (document.size * (mostPerByte + composites.length) <= limits.indexEntries) return
  const entries = countIndexEntries(document, composites, indexes.ofField)
  if (entries <= limits.indexEntries) return
  throw invalid(
    `too many index entries for entity: ${entries}, the limit is ${limits.indexEntries}. Exempt its large arrays and maps from ` +
      `indexing by "fieldOverrides" in firestore.indexes.json: ${document.name}`,
  )
}

/**
 * The sum that Firestore's limit counts (firebase.google.com/docs/firestore/quotas#indexes): the entries in indexes of single
 * fields, those of a map for each field in it, and in composite ones. An index in an order has one entry for a value,
 * one by `array-contains` one for each different member, and a composite one as many as its fields' multiplied.
 */
function countIndexEntries(
  { collectionId, fields }: StoredDocument,
  composites: readonly CompositeIndex[],
  ofField: Indexes['ofField'],
): number {
  let entries = 0
  for (const [path, value] of leavesOf(fields, [])) {
    for (const { by } of ofField(collectionId, path)) entries += entriesOf(value, by)
  }
  for (const composite of composites) {
    entries += composite.fields.reduce((product, { path, by }) => {
      if (path === nameField || product === 0) return product
      const value = valueAt(fields, parsePath(path))
      return value ? product * entriesOf(value, by) : 0
    }, 1)
  }
  return entries
}

/** Every value that is no map, with its path. */
function* leavesOf(fields: Fields, above: FieldPath): Generator<readonly [FieldPath, Value]> {
  for (const [key, value] of Object.entries(fields)) {
    const path = [...above, key]
    if (value.kind === 'map') yield* leavesOf(value.mapValue.fields, path)
    else yield [path, value]
  }
}

function entriesOf(value: Value, by: IndexedBy): number {
  if (by === 'CONTAINS') return value.kind === 'array' ? countDifferent(value.arrayValue.values) : 0
  if (by === 'ASCENDING' || by === 'DESCENDING') return 1
  return value.kind === 'vector' ? 1 : 0
}

function countDifferent(values: readonly Value[]): number {
  let different = 0
  let last: Value | undefined
  for (const value of values.toSorted(compareValues)) {
    if (last === undefined || compareValues(last, value) !== 0) different++
    last = value
  }
  return different
}
