import { keyOf, parseName, parseParent, separator } from './names.ts'
import { nameField } from './paths.ts'
import { fieldValue } from './filters.ts'
import { parseQuery } from './query.ts'
import type { Plan } from './query.ts'
import { runQuery } from './run-query.ts'
import { children, collectionIds } from './scan.ts'
import { invalid } from './status.ts'
import type { StoredDocument, View } from './store.ts'
import type { WireOrder } from './wire.ts'

export interface Page<T> {
  readonly items: readonly T[]
  readonly nextPageToken: string
}

const defaultPageSize = 30

/** The ids of the collections below a document or the root, in order, a page at a time. */
export function listCollectionIds(view: View, parent: string, pageSize: number, pageToken: string): Page<string> {
  const { segments } = parseParent(parent)
  const size = parsePageSize(pageSize) || Number.POSITIVE_INFINITY
  const after = pageToken === '' ? undefined : readToken(pageToken)[0]
  const ids: string[] = []
  for (const { sample } of collectionIds(view, keyOf(segments))) {
    const id = parseName(sample.name, 'Document name').segments[segments.length] ?? ''
    if (after !== undefined && keyOf([id]) <= keyOf([after])) continue
    if (ids.length >= size) return { items: ids, nextPageToken: writeToken([ids.at(-1) ?? '']) }
    ids.push(id)
  }
  return { items: ids, nextPageToken: '' }
}

/** What ListDocuments asks for; `collectionId` may be empty, which is every collection. */
export interface DocumentListing {
  readonly parent: string
  readonly collectionId: string
  readonly pageSize: number
  readonly pageToken: string
  readonly orderBy: string
  readonly showMissing: boolean
}

/** Whether a document may be listed, or lies below what may be. */
export function isListed({ parent, collectionId }: DocumentListing): (document: StoredDocument) => boolean {
  const segments = [...parseParent(parent).segments, ...(collectionId === '' ? [] : [collectionId])]
  const start = segments.map((segment) => keyOf([segment]) + separator).join('')
  return ({ key }) => key.startsWith(start)
}

/** A listed document; a missing one has only a name. */
export type Listed = StoredDocument | { readonly name: string }

/** Documents of a collection a page at a time, with the missing parents of others when asked for. */
export function listDocuments(view: View, listing: DocumentListing): Page<Listed> {
  const pageSize = parsePageSize(listing.pageSize) || defaultPageSize
  if (!listing.showMissing) return listPresent(view, listing, pageSize)
  if (listing.orderBy !== '') throw invalid('cannot specify an order when show_missing is true')
  if (listing.collectionId === '') throw invalid('show_missing requires a collection id')
  const segments = [...parseParent(listing.parent).segments, listing.collectionId]
  const after = listing.pageToken === '' ? undefined : readToken(listing.pageToken)[0]
  const items: Listed[] = []
  for (const child of children(view, keyOf(segments), after)) {
    if (items.length >= pageSize) return { items, nextPageToken: writeToken([lastKey(view.name, items)]) }
    items.push(child.document ?? { name: ancestorName(child.sample.name, segments.length + 1) })
  }
  return { items, nextPageToken: '' }
}

const lastKey = (database: string, items: readonly Listed[]): string =>
  keyOf((items.at(-1)?.name ?? '').slice(`${database}/documents/`.length).split('/'))

/** The name cut to so many segments below `documents`. */
const ancestorName = (name: string, segments: number): string =>
  name
    .split('/')
    .slice(0, 5 + segments)
    .join('/')

function listPresent(view: View, listing: DocumentListing, pageSize: number): Page<Listed> {
  const plan = parseQuery(listing.parent, {
    from: [{ collectionId: listing.collectionId }],
    orderBy: parseOrderBy(listing.orderBy),
    limit: { value: pageSize + 1 },
  })
  const items = [...runQuery(view, listing.pageToken === '' ? plan : planAfter(view, plan, listing.pageToken))]
  if (items.length <= pageSize) return { items, nextPageToken: '' }
  items.pop()
  return { items, nextPageToken: writeToken([items.at(-1)?.key ?? '']) }
}

/** The plan from behind the document a token names. In another order than by name it must still be there. */
function planAfter(view: View, plan: Plan, token: string): Plan {
  const [key = ''] = readToken(token)
  if (plan.orders[0]?.text === nameField) return { ...plan, range: { from: { key, inclusive: false } } }
  const last = view.get(key)
  if (!last) throw invalid('invalid page token: the document it stands behind is gone')
  const values = plan.orders.flatMap(({ path }) => fieldValue(last, path) ?? [])
  return { ...plan, startAt: { values, before: false } }
}

/** `a desc, b.c` as the orders of a query. */
function parseOrderBy(text: string): readonly WireOrder[] {
  if (text.trim() === '') return []
  return text.split(',').map((part) => {
    const [fieldPath = '', direction = 'asc', ...rest] = part.trim().split(/\s+/)
    if (rest.length > 0 || !['asc', 'desc'].includes(direction.toLowerCase()))
      throw invalid(`Invalid order by "${text}".`)
    return { field: { fieldPath }, direction: direction.toLowerCase() === 'desc' ? 2 : 1 }
  })
}

function parsePageSize(size: number): number {
  if (size < 0) throw invalid('Page size must be nonnegative.')
  return size
}

const writeToken = (parts: readonly string[]): string => Buffer.from(JSON.stringify(parts)).toString('base64url')

function readToken(token: string): readonly string[] {
  try {
    const parts: unknown = JSON.parse(Buffer.from(token, 'base64url').toString())
    if (Array.isArray(parts) && parts.every((part) => typeof part === 'string')) return parts
  } catch (cause) {
    throw Object.assign(invalid('invalid page token'), { cause })
  }
  throw invalid('invalid page token')
}
