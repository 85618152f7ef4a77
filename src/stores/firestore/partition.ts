import type { CollectionScope, NameRange } from '../documents.ts'
import { compareNames } from '../document-names.ts'
import type { Connection } from './connection.ts'
import { statusOf, storeError } from './failures.ts'
import { retryRead } from './retry.ts'
import { nameQuery } from './scan.ts'

/** The server's partitions are of the whole group; more are asked for where only a part of the group counts. */
const clippingFactor = 16

/** `DocumentReader.partition`, by the server's PartitionQuery. */
export async function partitionScope(
  connection: Connection,
  scope: CollectionScope,
  count: number,
): Promise<readonly NameRange[]> {
  if (count <= 1) return [{}]
  const whole = scope.parent === '' && scope.descendants
  const boundaries = await serverBoundaries(connection, scope, whole ? count : count * clippingFactor)
  return rangesBetween(pickEvenly(clip(boundaries, scope), count - 1), scope)
}

/** The boundaries between the group's partitions, in order; none where the server has no PartitionQuery. */
async function serverBoundaries(
  connection: Connection,
  { collection }: CollectionScope,
  count: number,
): Promise<readonly string[]> {
  const { client, root, call } = connection
  const structuredQuery = nameQuery(connection, { parent: '', collection, descendants: true })
  const request = { parent: root, structuredQuery, partitionCount: count - 1 }
  try {
    const [cursors] = await retryRead(() => client.partitionQuery(request, call))
    const names = cursors.map((cursor) => cursor.values?.[0]?.referenceValue?.slice(root.length + 1))
    return names.filter((name): name is string => name !== undefined && name !== '').toSorted(compareNames)
  } catch (error) {
    if (statusOf(error).code === 12) return []
    throw storeError(error, connection.target, `partitioning ${collection}`)
  }
}

/** The names of the group that lie in the scope; a deeper one stands for its ancestor in a plain collection. */
function clip(names: readonly string[], scope: CollectionScope): readonly string[] {
  const above = scope.parent === '' ? '' : `${scope.parent}/`
  if (scope.descendants) return names.filter((name) => name.startsWith(above))
  const prefix = `${above}${scope.collection}/`
  const depth = prefix.split('/').length
  const inside = names
    .filter((name) => name.startsWith(prefix))
    .map((name) => name.split('/').slice(0, depth).join('/'))
  return [...new Set(inside)]
}

/** Up to `most` of the sorted names that cut them into parts of about equal size. */
function pickEvenly(names: readonly string[], most: number): readonly string[] {
  if (names.length <= most) return names
  const picked = Array.from({ length: most }, (_, i) => names[Math.floor(((i + 1) * names.length) / (most + 1))])
  return [...new Set(picked.filter((name) => name !== undefined))]
}

/**
 * Ranges that meet at the boundaries. Both ends of a range are exclusive, so they meet at a name just behind the
 * boundary that is never in the scope: of a document below it, in a collection with another id. A subtree has all that
 * could be below; there they meet at a place that no document can have.
 */
function rangesBetween(boundaries: readonly string[], scope: CollectionScope): readonly NameRange[] {
  const other = scope.collection === '-' ? '+' : '-'
  const behind = scope.subtree ? '' : `${other}/${other}`
  const meeting = boundaries.map((name) => `${name}/${behind}`)
  return [undefined, ...meeting].map((after, i) => {
    const before = meeting[i]
    return { ...(after === undefined ? {} : { after }), ...(before === undefined ? {} : { before }) }
  })
}
