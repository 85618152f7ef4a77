import { invalid } from './status.ts'
import type { Fields, Value } from './values.ts'

/** Firestore's documented limits (firebase.google.com/docs/firestore/quotas), in bytes unless the name says otherwise. */
export const limits = {
  requestBytes: 10 * 1024 * 1024,
  documentBytes: 1024 * 1024,
  nameBytes: 6 * 1024,
  nameSegmentBytes: 1500,
  pathSegments: 200,
  fieldNameBytes: 1500,
  valueBytes: 1_048_487,
  nestingLevels: 20,
  indexEntries: 40_000,
  vectorDimensions: 2048,
  nearestResults: 1000,
  batchWrites: 500,
  transformsPerDocument: 500,
  disjunctions: 30,
  notInValues: 10,
  aggregations: 5,
} as const

/** The size of a document by the documented formula; refuses one above 1 MiB. */
export function checkDocumentSize(segments: readonly string[], fields: Fields): number {
  const size = documentSize(segments, fields)
  if (size <= limits.documentBytes) return size
  throw invalid(`The document is ${size} bytes; maximum entity size is ${limits.documentBytes} bytes.`)
}

/** The documented size of a document in bytes: its name, its fields and 32. */
export function documentSize(segments: readonly string[], fields: Fields): number {
  let size = 16 + 32
  for (const segment of segments) size += Buffer.byteLength(segment) + 1
  return size + fieldsSize(fields)
}

function fieldsSize(fields: Fields): number {
  let size = 0
  for (const key of Object.keys(fields)) {
    const value = fields[key]
    if (value) size += Buffer.byteLength(key) + 1 + valueSize(value)
  }
  return size
}

const fixedSizes: Readonly<Partial<Record<Value['kind'], number>>> = {
  null: 1,
  boolean: 1,
  integer: 8,
  double: 8,
  timestamp: 8,
  geoPoint: 16,
}

function valueSize(value: Value): number {
  switch (value.kind) {
    case 'string':
      return Buffer.byteLength(value.stringValue) + 1
    case 'bytes':
      return value.bytesValue.length
    case 'reference':
      return referenceSize(value.referenceValue)
    case 'array':
      return value.arrayValue.values.reduce((sum, item) => sum + valueSize(item), 0)
    case 'vector':
    case 'map':
      return fieldsSize(value.mapValue.fields)
    default:
      return fixedSizes[value.kind] ?? 0
  }
}

/** A reference counts its path as a document's name does. */
function referenceSize(name: string): number {
  return name
    .split('/')
    .slice(5)
    .reduce((sum, segment) => sum + Buffer.byteLength(segment) + 1, 16)
}
