import type { CollectionScope, FieldPath, Fields } from '../documents.ts'
import { LockstepError } from '../../kernel/errors.ts'
import type { Connection } from './connection.ts'
import { statusOf, storeError } from './failures.ts'
import { renderFieldPath } from './field-masks.ts'
import type { RawQuery, RawValue } from './protocol.ts'
import { retryRead } from './retry.ts'
import { rowsOf } from './row-stream.ts'
import { parentOf, scanDocuments, sourceOf } from './scan.ts'

interface CountRow {
  readonly result?: { readonly aggregateFields: Readonly<Record<string, RawValue>> } | null
}

/**
 * `DocumentReader.count`. Counts by reading where servers cannot: with `having` in a subtree or in a group below a
 * document, and a subtree where the server refuses to count without a collection id. With `having` on a collection group, production needs a single-field index of group scope;
 * without it the server says FAILED_PRECONDITION, which is thrown as LS-3004 with the server's words in `why`: `isMissingIndex` tells it, and callers can count by reading.
 */
export async function countDocuments(
  connection: Connection,
  scope: CollectionScope,
  having?: FieldPath,
): Promise<number> {
  const below = scope.subtree || (scope.descendants && scope.parent !== '')
  if (having !== undefined && below) return countByReading(connection, scope, having)
  try {
    return await retryRead(() => runCount(connection, scope, having))
  } catch (error) {
    if (scope.subtree && refusals.has(statusOf(error).code)) return countByReading(connection, scope)
    throw storeError(error, connection.target, `counting ${scope.collection}`)
  }
}

/** INVALID_ARGUMENT, FAILED_PRECONDITION, UNIMPLEMENTED: the query as such, which succeeds never. */
const refusals: ReadonlySet<number> = new Set([3, 9, 12])

async function countByReading(connection: Connection, scope: CollectionScope, having?: FieldPath): Promise<number> {
  const options = { fields: having === undefined ? [] : [having] }
  let count = 0
  for await (const { fields } of scanDocuments(connection, { scope, range: {}, options })) {
    if (having === undefined || hasField(fields, having)) count++
  }
  return count
}

function hasField(fields: Fields, [key = '', ...below]: FieldPath): boolean {
  const value = Object.hasOwn(fields, key) ? fields[key] : undefined
  if (value === undefined || below.length === 0) return value !== undefined
  return 'mapValue' in value && hasField(value.mapValue.fields, below)
}

async function runCount(connection: Connection, scope: CollectionScope, having?: FieldPath): Promise<number> {
  const structuredQuery: RawQuery = {
    ...sourceOf(connection, scope),
    ...(having === undefined
      ? {}
      : { orderBy: [{ field: { fieldPath: renderFieldPath(having) }, direction: 'ASCENDING' }] }),
  }
  const structuredAggregationQuery = { structuredQuery, aggregations: [{ alias: 'n', count: {} }] }
  const stream = connection.client.runAggregationQuery(
    { parent: parentOf(connection, scope), structuredAggregationQuery },
    connection.call,
  )
  let total: number | undefined
  for await (const rows of rowsOf(stream, isCountRow)) {
    for (const row of rows) {
      const text = row.result?.aggregateFields['n']?.integerValue
      if (text !== undefined) total = Number(text)
    }
  }
  if (total === undefined)
    throw new LockstepError('LS-3004', `Firestore answered a count of ${scope.collection} without a number`)
  return total
}

function isCountRow(value: unknown): value is CountRow {
  return typeof value === 'object' && value !== null
}
