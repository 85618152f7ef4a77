import type { CollectionScope, FieldPath } from '../documents.ts'
import { LockstepError } from '../../kernel/errors.ts'
import type { Connection } from './connection.ts'
import { storeError } from './failures.ts'
import { renderFieldPath } from './field-masks.ts'
import type { RawQuery, RawValue } from './protocol.ts'
import { retryRead } from './retry.ts'
import { rowsOf } from './row-stream.ts'
import { parentOf } from './scan.ts'

interface CountRow {
  readonly result?: { readonly aggregateFields: Readonly<Record<string, RawValue>> } | null
}

/**
 * `DocumentReader.count`. With `having` on a collection group, production needs a single-field index of group scope;
 * without it the server says FAILED_PRECONDITION, which is thrown as LS-3004 with the server's words in `why`: `isMissingIndex` tells it, and callers can count by reading.
 */
export async function countDocuments(
  connection: Connection,
  scope: CollectionScope,
  having?: FieldPath,
): Promise<number> {
  try {
    return await retryRead(() => runCount(connection, scope, having))
  } catch (error) {
    throw storeError(error, connection.target, `counting ${scope.collection}`)
  }
}

async function runCount(connection: Connection, scope: CollectionScope, having?: FieldPath): Promise<number> {
  const structuredQuery: RawQuery = {
    from: [{ collectionId: scope.collection, allDescendants: scope.descendants }],
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
  for await (const row of rowsOf(stream, isCountRow)) {
    const text = row.result?.aggregateFields['n']?.integerValue
    if (text !== undefined) total = Number(text)
  }
  if (total === undefined)
    throw new LockstepError('LS-3004', `Firestore answered a count of ${scope.collection} without a number`)
  return total
}

function isCountRow(value: unknown): value is CountRow {
  return typeof value === 'object' && value !== null
}
