import type { FieldPath, Fields, Value } from '../stores/documents.ts'
import { printFieldPath } from './field-path.ts'

/** A field whose index entries lie side by side when documents are written in the order of their names. */
export interface HotField {
  /** The last collection of the documents' names. */
  readonly collection: string
  readonly path: FieldPath
  readonly values: 'one value' | 'rising values'
}

export interface HotFields {
  /** Fields that a document gets; documents come in the order of their names. */
  note(name: string, fields: Fields): void
  /** Fields of at least 100 documents that got the same value each time, or values that only rise or only fall. */
  found(): readonly HotField[]
}

/** Documents below which an order may be chance. */
const fewest = 100

/** Fields that are watched, so that keys without end take no memory without end: the first that are seen. */
const most = 200

type Order = 'none' | 'same' | 'up' | 'down'

interface Watched {
  readonly field: Omit<HotField, 'values'>
  count: number
  last: Scalar
  order: Order | undefined
}

/** Watches what documents get. Lists are left out: each of their members has an entry of its own. */
export function createHotFields(): HotFields {
  const watched = new Map<string, Watched>()
  const see = (collection: string, path: FieldPath, value: Value): void => {
    if ('mapValue' in value) {
      for (const [key, each] of Object.entries(value.mapValue.fields)) see(collection, [...path, key], each)
      return
    }
    const scalar = scalarOf(value)
    const key = `${collection}/${printFieldPath(path)}`
    const known = watched.get(key)
    if (known !== undefined) go(known, scalar)
    else if (scalar !== undefined && watched.size < most)
      watched.set(key, { field: { collection, path }, count: 1, last: scalar, order: undefined })
  }
  return {
    note(name, fields) {
      const collection = name.split('/').at(-2) ?? ''
      for (const [key, value] of Object.entries(fields)) see(collection, [key], value)
    },
    found: () =>
      [...watched.values()].flatMap(({ field, count, order }): readonly HotField[] => {
        if (count < fewest || order === undefined || order === 'none') return []
        return [{ ...field, values: order === 'same' ? 'one value' : 'rising values' }]
      }),
  }
}

function go(known: Watched, scalar: Scalar | undefined): void {
  known.count++
  if (known.order === 'none') return
  const order = scalar === undefined ? 'none' : orderOf(known.last, scalar)
  known.order = known.order === undefined || known.order === order ? order : 'none'
  if (scalar !== undefined) known.last = scalar
}

type Scalar = string | number | bigint | boolean

/** What values of one type are ordered by. */
function scalarOf(value: Value): Scalar | undefined {
  if ('stringValue' in value) return value.stringValue
  if ('integerValue' in value) return BigInt(value.integerValue)
  if ('booleanValue' in value) return value.booleanValue
  // Without the Z a time with fractions of a second comes after the one without.
  if ('timestampValue' in value) return value.timestampValue.replace('Z', '')
  return 'doubleValue' in value ? Number(value.doubleValue) : undefined
}

function orderOf(last: Scalar, next: Scalar): Order {
  if (typeof last !== typeof next) return 'none'
  return last === next ? 'same' : last < next ? 'up' : last > next ? 'down' : 'none'
}
