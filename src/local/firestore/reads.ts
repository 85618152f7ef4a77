import { status } from '@grpc/grpc-js'
import { aggregate, parseAggregations } from './aggregate.ts'
import type { Aggregation } from './aggregate.ts'
import type { Databases } from './databases.ts'
import { withExplanation } from './explain.ts'
import type { CheckIndexes } from './indexes.ts'
import { isListed, listCollectionIds, listDocuments } from './listing.ts'
import { keyOf, nameKey, parseDocumentName, parseParent } from './names.ts'
import { partitionNames } from './partition.ts'
import { maskFields, parseMask } from './paths.ts'
import type { FieldPath } from './paths.ts'
import { parseQuery } from './query.ts'
import type { Plan } from './query.ts'
import type {
  BatchGetDocumentsRequest,
  GetDocumentRequest,
  ListCollectionIdsRequest,
  ListDocumentsRequest,
  PartitionQueryRequest,
  RunAggregationQueryRequest,
  RunQueryRequest,
} from './requests.ts'
import { isAskedFor, runQuery } from './run-query.ts'
import { invalid, refusal } from './status.ts'
import { timestampOf } from './store.ts'
import type { Database, StoredDocument } from './store.ts'
import type { Reading, Transactions } from './transactions.ts'
import type { WireQuery } from './wire.ts'

/** The methods of the service that change nothing; each answers one message, or the messages of a stream. */
export interface Reads {
  readonly getDocument: (request: GetDocumentRequest) => object
  readonly batchGetDocuments: (request: BatchGetDocumentsRequest) => Iterable<object>
  readonly runQuery: (request: RunQueryRequest) => Iterable<object>
  readonly runAggregationQuery: (request: RunAggregationQueryRequest) => Iterable<object>
  readonly partitionQuery: (request: PartitionQueryRequest) => object
  readonly listDocuments: (request: ListDocumentsRequest) => object
  readonly listCollectionIds: (request: ListCollectionIdsRequest) => object
}

export function createReads(databases: Databases, transactions: Transactions, check: CheckIndexes): Reads {
  const below = (parent: string): Database => databases.of(parseParent(parent).database)
  const plan = createPlanner(check)
  return {
    getDocument: (request) => {
      const { database, segments } = parseDocumentName(request.name)
      const mask = parseMask(request.mask)
      const document = lookUp(transactions.read(databases.of(database), request), keyOf(segments))
      if (!document) throw refusal(status.NOT_FOUND, `Document "${request.name}" not found.`)
      return masked(document, mask)
    },
    batchGetDocuments: (request) => {
      const mask = parseMask(request.mask)
      const keys = keysByName(request.documents, request.database)
      return answersOf(transactions.read(databases.of(request.database), request), keys, mask)
    },
    runQuery: (request) => {
      const parsed = plan(request.parent, request.structuredQuery)
      const reading = transactions.read(below(request.parent), request)
      const answers = queryAnswers(reading, parsed)
      return withExplanation(request.explainOptions, { plan: parsed, summed: [], answers })
    },
    runAggregationQuery: (request) => {
      const { structuredQuery, aggregations = [] } = request.structuredAggregationQuery ?? {}
      const parsed = parseAggregations(aggregations)
      const parsedQuery = plan(request.parent, structuredQuery, parsed)
      const reading = transactions.read(below(request.parent), request)
      const answers = aggregationAnswers(reading, parsedQuery, parsed)
      const entries = (): number => [...runQuery(reading.view, parsedQuery)].length
      return withExplanation(request.explainOptions, { plan: parsedQuery, summed: pathsOf(parsed), answers, entries })
    },
    partitionQuery: (request) => {
      const parsed = parseQuery(request.parent, request.structuredQuery ?? {})
      const { view } = transactions.read(below(request.parent), request)
      return partitionPage(request, partitionNames(view, parsed, Number(request.partitionCount ?? 0)))
    },
    listDocuments: (request) => {
      const mask = parseMask(request.mask)
      const { view, lock } = transactions.read(below(request.parent), request)
      lock(isListed(request))
      const { items, nextPageToken } = listDocuments(view, request)
      return { documents: items.map((item) => ('key' in item ? masked(item, mask) : item)), nextPageToken }
    },
    listCollectionIds: (request) => {
      const { view } = transactions.read(below(request.parent), request)
      const { items, nextPageToken } = listCollectionIds(view, request.parent, request.pageSize, request.pageToken)
      return { collectionIds: items, nextPageToken }
    },
  }
}

type Planner = (parent: string, query: WireQuery | null | undefined, sums?: readonly Aggregation[]) => Plan

/** Parses queries and holds them to the indexes. */
function createPlanner(check: CheckIndexes): Planner {
  return (parent, query, sums = []) => {
    const parsed = parseQuery(parent, query ?? {})
    check(parsed, pathsOf(sums), parseParent(parent).database)
    return parsed
  }
}

const pathsOf = (sums: readonly Aggregation[]): readonly string[] => sums.flatMap(({ text }) => text ?? [])

/** A document as it is sent: the stored one itself where all fields are wanted. */
function masked(document: StoredDocument, mask: readonly FieldPath[] | undefined): object {
  if (!mask) return document
  const { name, createTime, updateTime } = document
  return { name, createTime, updateTime, fields: maskFields(document.fields, mask) }
}

function lookUp({ view, lock }: Reading, key: string): StoredDocument | undefined {
  lock(key)
  return view.get(key)
}

/** Every name once, in the order asked for. */
function keysByName(names: readonly string[], database: string): ReadonlyMap<string, string> {
  const keys = new Map<string, string>()
  for (const name of names) {
    const parsed = parseDocumentName(name)
    if (parsed.database !== database) throw invalid(`Document name "${name}" is not in the database "${database}".`)
    keys.set(name, keyOf(parsed.segments))
  }
  return keys
}

function* answersOf(
  reading: Reading,
  keys: ReadonlyMap<string, string>,
  mask: readonly FieldPath[] | undefined,
): Generator<object> {
  if (reading.began) yield { transaction: reading.began }
  const readTime = timestampOf(reading.view.readMicros())
  const found = [...keys].map(([name, key]) => ({ name, document: lookUp(reading, key) }))
  for (const { name, document } of found) {
    yield document ? { found: masked(document, mask), readTime } : { missing: name, readTime }
  }
}

/** One message a document; the last says that it is the last. */
function* queryAnswers(reading: Reading, plan: Plan): Generator<object> {
  if (reading.began) yield { transaction: reading.began }
  const { projection } = plan
  const readTime = timestampOf(reading.view.readMicros())
  reading.lock((document) => isAskedFor(plan, document))
  let held: StoredDocument | undefined
  for (const document of runQuery(reading.view, plan)) {
    if (held) yield { document: masked(held, projection), readTime }
    held = document
  }
  yield held ? { document: masked(held, projection), readTime, done: true } : { readTime, done: true }
}

function* aggregationAnswers(reading: Reading, plan: Plan, sums: readonly Aggregation[]): Generator<object> {
  if (reading.began) yield { transaction: reading.began }
  reading.lock((document) => isAskedFor(plan, document))
  const aggregateFields = aggregate(reading.view, plan, sums)
  yield { result: { aggregateFields }, readTime: timestampOf(reading.view.readMicros()) }
}

/** The cut names of one page; a page token is the last name of the page before. */
function partitionPage(request: PartitionQueryRequest, names: readonly string[]): object {
  if (request.pageSize < 0) throw invalid('Page size must be nonnegative.')
  const after = request.pageToken === '' ? '' : nameKey(Buffer.from(request.pageToken, 'base64url').toString())
  const rest = names.filter((name) => nameKey(name) > after)
  const page = request.pageSize > 0 ? rest.slice(0, request.pageSize) : rest
  const last = page.length < rest.length ? page.at(-1) : undefined
  return {
    partitions: page.map((name) => ({ values: [{ referenceValue: name }] })),
    nextPageToken: last === undefined ? '' : Buffer.from(last).toString('base64url'),
  }
}
