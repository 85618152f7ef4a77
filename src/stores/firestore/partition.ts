import type { CollectionScope, NameRange } from '../documents.ts'
import { compareNames } from '../document-names.ts'
import type { Connection } from './connection.ts'
import { statusOf, storeError } from './failures.ts'
import { retryRead } from './retry.ts'
import { nameQuery, scanDocuments } from './scan.ts'

/** Names kept for each range that is asked for when boundaries come from a sample. */
const samplesPerRange = 64

/** The server's partitions are of the whole group; more are asked for where only a part of the group counts. */
const clippingFactor = 16

/** `DocumentReader.partition`: PartitionQuery, or a sample of the names where the server has none for the scope. */
export async function partitionScope(
  connection: Connection,
  scope: CollectionScope,
  count: number,
): Promise<readonly NameRange[]> {
  if (count <= 1) return [{}]
  const whole = scope.parent === '' && scope.descendants
  const boundaries = scope.subtree
    ? undefined
    : await serverBoundaries(connection, scope, whole ? count : count * clippingFactor)
  const names =
    boundaries === undefined ? await sampleNames(connection, scope, count * samplesPerRange) : clip(boundaries, scope)
  return rangesBetween(pickEvenly(names, count - 1), scope)
}

/** The boundaries between the group's partitions, in order; undefined where the server has no PartitionQuery. */
async function serverBoundaries(
  connection: Connection,
  scope: CollectionScope,
  count: number,
): Promise<readonly string[] | undefined> {
  const { client, root, call } = connection
  const structuredQuery = nameQuery(connection, { ...scope, parent: '', descendants: true })
  const request = { parent: root, structuredQuery, partitionCount: count - 1 }
  try {
    const [cursors] = await retryRead(() => client.partitionQuery(request, call))
    const names = cursors.map((cursor) => cursor.values?.[0]?.referenceValue?.slice(root.length + 1))
    return names.filter((name): name is string => name !== undefined && name !== '').toSorted(compareNames)
  } catch (error) {
    if (statusOf(error).code === 12) return undefined
    throw storeError(error, connection.target, `partitioning ${scope.collection}`)
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

/**
 * At most `most` names at even distances in the scope. Keeps every k-th name and doubles k when there are too many,
 * so the memory does not grow with the collection.
 */
async function sampleNames(connection: Connection, scope: CollectionScope, most: number): Promise<readonly string[]> {
  let names: string[] = []
  let stride = 1
  let seen = 0
  for await (const { name } of scanDocuments(connection, { scope, range: {}, options: { fields: [] } })) {
    if (seen++ % stride !== 0) continue
    names.push(name)
    if (names.length < most) continue
    names = names.filter((_, index) => index % 2 === 0)
    stride *= 2
  }
  return names
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
