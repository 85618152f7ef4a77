import { limits } from './limits.ts'
import { parsePath, valueAt, withValue } from './paths.ts'
import type { FieldPath } from './paths.ts'
import { invalid } from './status.ts'
import type { StoredDocument } from './store.ts'
import { parseOperand } from './values.ts'
import type { Value } from './values.ts'
import type { WireFindNearest, WireQuery } from './wire.ts'

/** How far apart two vectors are; of the dot product the greatest is the nearest. */
export type Measure = 'EUCLIDEAN' | 'COSINE' | 'DOT_PRODUCT'

/** A search for the documents whose vector is nearest to another, among the results of a query. */
export interface Nearest {
  readonly path: FieldPath
  readonly text: string
  readonly vector: readonly number[]
  readonly measure: Measure
  readonly limit: number
  /** Where the distance is put in each result. */
  readonly distanceField: FieldPath | undefined
  readonly threshold: number | undefined
}

// Numbered as in the protocol's enum.
const measures: readonly (Measure | undefined)[] = [undefined, 'EUCLIDEAN', 'COSINE', 'DOT_PRODUCT']

/** The search a query asks for, checked. */
export function parseNearest(query: WireQuery, wire: WireFindNearest): Nearest {
  checkAlone(query)
  const text = wire.vectorField?.fieldPath ?? ''
  const measure = measures[wire.distanceMeasure ?? 0]
  if (!measure) throw invalid('Unknown distance measure in FindNearest.')
  const vector = vectorOf(parseOperand(wire.queryVector ?? {}))
  if (!vector) throw invalid('FindNearest.query_vector must be a vector.')
  return {
    path: parsePath(text),
    text,
    vector,
    measure,
    limit: parseLimit(wire.limit?.value ?? 0),
    distanceField: wire.distanceResultField ? distanceField(wire.distanceResultField) : undefined,
    threshold: wire.distanceThreshold ? (wire.distanceThreshold.value ?? 0) : undefined,
  }
}

function checkAlone({ limit, offset, startAt, endAt }: WireQuery): void {
  if (limit || offset || startAt || endAt) {
    throw invalid('FindNearest cannot be combined with limit, offset or cursors.')
  }
}

function parseLimit(limit: number): number {
  if (limit >= 1 && limit <= limits.nearestResults) return limit
  throw invalid(`FindNearest.limit must be a positive integer of no more than ${limits.nearestResults}.`)
}

/** One name, dots included. */
function distanceField(name: string): FieldPath {
  if (/^__.*__$/s.test(name)) throw invalid(`field name ${name} is reserved`)
  return [name]
}

/** The nearest of some documents, nearest first and by name where equally near; every one is compared. */
export function nearestOf(documents: Iterable<StoredDocument>, search: Nearest): readonly StoredDocument[] {
  const sign = search.measure === 'DOT_PRODUCT' ? -1 : 1
  const found: { readonly document: StoredDocument; readonly distance: number }[] = []
  for (const document of documents) {
    const vector = vectorOf(valueAt(document.fields, search.path))
    if (vector?.length !== search.vector.length) continue
    const distance = distances[search.measure](search.vector, vector)
    if (search.threshold === undefined || distance * sign <= search.threshold * sign) found.push({ document, distance })
  }
  return found
    .sort((a, b) => (a.distance - b.distance) * sign || (a.document.key < b.document.key ? -1 : 1))
    .slice(0, search.limit)
    .map(({ document, distance }) => withDistance(document, search.distanceField, distance))
}

function withDistance(document: StoredDocument, path: FieldPath | undefined, distance: number): StoredDocument {
  if (!path) return document
  return { ...document, fields: withValue(document.fields, path, { kind: 'double', doubleValue: distance }) }
}

function vectorOf(value: Value | undefined): readonly number[] | undefined {
  const list = value?.kind === 'vector' ? value.mapValue.fields['value'] : undefined
  if (list?.kind !== 'array') return undefined
  return list.arrayValue.values.map((item) => (item.kind === 'double' ? item.doubleValue : Number.NaN))
}

type Distance = (left: readonly number[], right: readonly number[]) => number

const dot: Distance = (left, right) => left.reduce((sum, value, at) => sum + value * (right[at] ?? 0), 0)

const distances: Readonly<Record<Measure, Distance>> = {
  EUCLIDEAN: (left, right) => Math.sqrt(left.reduce((sum, value, at) => sum + (value - (right[at] ?? 0)) ** 2, 0)),
  COSINE: (left, right) => 1 - dot(left, right) / Math.sqrt(dot(left, left) * dot(right, right)),
  DOT_PRODUCT: dot,
}
