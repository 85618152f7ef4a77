import { parsePattern } from '../../../operations/collection-pattern.ts'
import { printFieldPath } from '../../../operations/field-path.ts'
import type { ShapeChange } from '../../../operations/shape-change.ts'
import { defineRule } from '../rule.ts'
import type { ChangeFinding, LintInput } from '../rule.ts'

export const queriedFieldWithoutIndex = defineRule({
  name: 'queried-field-without-index',
  summary: 'A field queried across collections needs an index that Firestore does not make by itself',
  checkChange(change, input) {
    const queried = queriedBy(change)
    if (queried === undefined) return undefined
    const { scope } = parsePattern(queried.pattern)
    if (!scope.descendants || isIndexed(scope.collection, queried.field, input)) return undefined
    return missingIndex(scope.collection, queried.field)
  },
})

interface Queried {
  readonly pattern: string
  readonly field: string
}

function queriedBy(change: ShapeChange): Queried | undefined {
  if (change.change === 'add' && change.queried) return { pattern: change.pattern, field: printFieldPath(change.path) }
  if (
    change.change === 'convert' &&
    change.queried === true &&
    printFieldPath(change.path) !== printFieldPath(change.to)
  )
    return { pattern: change.pattern, field: printFieldPath(change.to) }
  return undefined
}

/** By a step of this or an earlier migration, or by `firestore.indexes.json`. */
function isIndexed(collection: string, field: string, { migration, earlier, facts }: LintInput): boolean {
  const ensured = [...earlier, migration].some(({ steps }) =>
    steps.some(({ changes }) =>
      changes.some(
        (change) =>
          change.change === 'index' &&
          change.across &&
          change.collection === collection &&
          change.fields.some((path) => printFieldPath(path) === field),
      ),
    ),
  )
  return (
    ensured ||
    facts.indexes.acrossCollections.some(
      (each) => each.collection === collection && (each.field === field || each.field === '*'),
    )
  )
}

function missingIndex(collection: string, field: string): ChangeFinding {
  const override = {
    collectionGroup: collection,
    fieldPath: field,
    indexes: [
      { order: 'ASCENDING', queryScope: 'COLLECTION' },
      { order: 'DESCENDING', queryScope: 'COLLECTION' },
      { order: 'ASCENDING', queryScope: 'COLLECTION_GROUP' },
    ],
  }
  return {
    severity: 'warning',
    message: `queries across all "${collection}" collections by ${field} need a collection-group index`,
    why: 'Firestore indexes a field of each collection by itself, not over all collections of a name; without it the query fails',
    fix: `add a firestore.ensureIndex step, or add this to fieldOverrides in firestore.indexes.json and deploy it: ${JSON.stringify(override)}`,
  }
}
