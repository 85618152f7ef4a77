import type { CollectionScope, Document, NameRange, ScanOptions } from '../documents.ts'
import { compareNames } from '../document-names.ts'
import type { Connection } from './connection.ts'
import { storeError } from './failures.ts'
import { renderMask } from './field-masks.ts'
import type { RawCursor, RawDocument, RawQuery } from './protocol.ts'
import { createPatience, type Patience } from './retry.ts'
import { rowsOf } from './row-stream.ts'
import { clipToSubtree, subtreeFilter } from './subtree.ts'
import { decodeDocument } from './value-codec.ts'
import { readDocument } from './wire-documents.ts'

/** Documents one query asks for. A query's stream lives for a minute at most, which this many pass easily. */
const queryLimit = 5_000

/**
 * The emulator sorts the whole collection for every query, so that many small ones would cost its square: 60,000 names
 * in one stream took 6 s where two took 8. This many pass within a call's deadline.
 */
const emulatorQueryLimit = 200_000

interface ScanRequest {
  readonly scope: CollectionScope
  readonly range: NameRange
  readonly options: ScanOptions
  readonly limit?: number
}

/** `DocumentReader.scan`: successive limited queries by name, each streamed, taken up after the last name received. */
export async function* scanDocuments(
  connection: Connection,
  request: ScanRequest,
): AsyncGenerator<Document, void, undefined> {
  const { client, direct = client, call, target } = connection
  const usual = target.emulator === undefined ? queryLimit : emulatorQueryLimit
  const { scope, options, limit = usual } = request
  const range = scope.subtree ? clipToSubtree(scope, request.range) : request.range
  if (range === undefined) return
  const prefix = connection.root.length + 1
  const patience = createPatience()
  let after = range.after
  for (;;) {
    const structuredQuery = scanQuery(connection, request, { after, before: range.before }, limit)
    let received = 0
    try {
      options.signal?.throwIfAborted()
      const stream = direct.runQuery({ parent: parentOf(connection, scope), structuredQuery }, call)
      for await (const rows of rowsOf(stream, isRow, options.signal)) {
        const documents = rows.flatMap((row) => documentIn(row, prefix) ?? [])
        received += documents.length
        if (documents.length > 0) patience.progress()
        for (const document of newer(documents, after)) {
          after = document.name
          yield document
          options.signal?.throwIfAborted()
        }
      }
    } catch (error) {
      await waitOrFail(patience, error, options.signal, () =>
        storeError(error, connection.target, `reading ${scope.collection}`),
      )
      continue
    }
    if (received < limit) return
  }
}

/** A query taken up again may bring documents once more. */
function newer(documents: readonly Document[], after: string | undefined): readonly Document[] {
  let last = after
  return documents.filter(({ name }) => {
    const isNewer = last === undefined || compareNames(name, last) > 0
    if (isNewer) last = name
    return isNewer
  })
}

async function waitOrFail(
  patience: Patience,
  error: unknown,
  signal: AbortSignal | undefined,
  explain: () => Error,
): Promise<void> {
  signal?.throwIfAborted()
  try {
    await patience.wait(error, signal)
  } catch (reason) {
    throw reason === error ? explain() : reason
  }
}

/** The resource a query on this scope is sent to. */
export function parentOf(connection: Connection, scope: CollectionScope): string {
  return scope.parent === '' ? connection.root : `${connection.root}/${scope.parent}`
}

/** What a query on this scope looks at. */
export function sourceOf({ root }: Connection, scope: CollectionScope): Pick<RawQuery, 'from' | 'where'> {
  if (scope.subtree) return { from: [{ allDescendants: true }], where: subtreeFilter(root, scope) }
  return { from: [{ collectionId: scope.collection, allDescendants: scope.descendants }] }
}

/** The query for every name of the scope, in order. */
export function nameQuery(connection: Connection, scope: CollectionScope): RawQuery {
  return {
    ...sourceOf(connection, scope),
    orderBy: [{ field: { fieldPath: '__name__' }, direction: 'ASCENDING' }],
  }
}

interface Ends {
  readonly after: string | undefined
  readonly before: string | undefined
}

function scanQuery(
  connection: Connection,
  { scope, options }: ScanRequest,
  { after, before }: Ends,
  limit: number,
): RawQuery {
  return {
    ...nameQuery(connection, scope),
    ...(options.fields === undefined
      ? {}
      : { select: { fields: renderMask(options.fields).map((fieldPath) => ({ fieldPath })) } }),
    ...(after === undefined ? {} : { startAt: { ...position(connection, scope, after), before: false } }),
    ...(before === undefined ? {} : { endAt: position(connection, scope, before) }),
    limit: { value: limit },
  }
}

/**
 * The place just before a name, or just after the document named by all of it but a slash at its end. For a name deeper
 * than a plain collection it is just after the document above: there is none of the collection between the two, and
 * servers may refuse the deeper name.
 */
function position(connection: Connection, scope: CollectionScope, name: string): RawCursor {
  const depth = scope.parent === '' ? 2 : scope.parent.split('/').length + 2
  const segments = name.split('/')
  const deeper = !scope.descendants && !scope.subtree && segments.length > depth
  const shown = deeper ? segments.slice(0, depth) : segments.at(-1) === '' ? segments.slice(0, -1) : segments
  const before = shown.length === segments.length
  return { values: [{ referenceValue: `${connection.root}/${shown.join('/')}` }], before }
}

type Row = { readonly document?: RawDocument | null } | Uint8Array

function documentIn(row: Row, prefix: number): Document | undefined {
  if (row instanceof Uint8Array) return readDocument(row, prefix)
  return row.document ? decodeDocument(row.document, prefix) : undefined
}

function isRow(value: unknown): value is Row {
  return typeof value === 'object' && value !== null
}
