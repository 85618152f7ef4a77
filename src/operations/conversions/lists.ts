import type { Fields, Value } from '../../stores/documents.ts'
import type { Conversion, Converted, FieldType } from './conversion.ts'
import { createConversion, isOfType, typeOf } from './conversion.ts'

/** How a map's entries are written as list items; `key` and `value` name members of the items. */
export interface EntryShape {
  readonly key?: string
  readonly value?: string
}

interface Entries {
  readonly toItem: (key: string, entry: Value) => Value | undefined
  readonly toEntry: (item: Value, index: number) => readonly [string, Value] | undefined
}

/**
 * map ↔ array, items in the order of their keys.
 * With `key` each entry is a map and becomes `{ [key]: its key, ...its members }`; with `key` and `value` an entry of
 * any type becomes `{ [key]: its key, [value]: it }`; with neither the keys are 0, 1, 2 … and the items the entries.
 * Lost are: truncation for keys that do not count up from 0; order; duplicate keys (the last one stays); out-of-range
 * for a key Firestore refuses; wrong-type for an entry or item that is not of that shape, or that no list can hold: a list or an embedding.
 */
export function mapToArray({ key, value }: EntryShape): Conversion {
  const entries = key === undefined ? counted : value === undefined ? membersWith(key) : pairsOf(key, value)
  return createConversion(
    {
      from: 'map',
      otherwise: 'truncation',
      convert: (map) => toList('mapValue' in map ? map.mapValue.fields : {}, entries, key === undefined),
    },
    {
      from: 'array',
      otherwise: 'order',
      convert: (list) => toMap('arrayValue' in list ? list.arrayValue.values : [], entries),
    },
  )
}

/**
 * A value ↔ a list of it alone. Of a longer list the first item stays (truncation); an empty one says nothing
 * (unparsable), and one that starts with another type is of the wrong type.
 */
export function valueToArray(type: FieldType): Conversion {
  return createConversion(
    { from: type, otherwise: 'wrong-type', convert: (value) => ({ value: { arrayValue: { values: [value] } } }) },
    {
      from: 'array',
      otherwise: 'truncation',
      convert: (list) => {
        const [value] = 'arrayValue' in list ? list.arrayValue.values : []
        if (value === undefined) return { loss: 'unparsable', value: undefined }
        if (!isOfType(value, type)) return { loss: 'wrong-type', value: undefined }
        return { value }
      },
    },
  )
}

const counted: Entries = { toItem: (_key, entry) => entry, toEntry: (item, index) => [String(index), item] }

function membersWith(key: string): Entries {
  return {
    toItem: (name, entry) =>
      'mapValue' in entry && typeOf(entry) === 'map' && !Object.hasOwn(entry.mapValue.fields, key)
        ? mapOf([[key, { stringValue: name }], ...Object.entries(entry.mapValue.fields)])
        : undefined,
    toEntry: (item) => {
      if (!('mapValue' in item)) return undefined
      const rest = Object.entries(item.mapValue.fields).filter(([name]) => name !== key)
      return entryOf(item.mapValue.fields, key, mapOf(rest))
    },
  }
}

function pairsOf(key: string, value: string): Entries {
  return {
    toItem: (name, entry) =>
      mapOf([
        [key, { stringValue: name }],
        [value, entry],
      ]),
    toEntry: (item) => {
      const fields = 'mapValue' in item ? item.mapValue.fields : {}
      const entry = Object.hasOwn(fields, value) ? fields[value] : undefined
      return entry === undefined || Object.keys(fields).length !== 2 ? undefined : entryOf(fields, key, entry)
    },
  }
}

function entryOf(fields: Fields, key: string, entry: Value): readonly [string, Value] | undefined {
  const name = Object.hasOwn(fields, key) ? fields[key] : undefined
  return name !== undefined && 'stringValue' in name ? [name.stringValue, entry] : undefined
}

function toList(fields: Fields, { toItem }: Entries, numeric: boolean): Converted {
  const keys = Object.keys(fields)
  const counting = numeric && keys.every((key) => /^\d+$/.test(key))
  const values: Value[] = []
  for (const key of keys.sort(counting ? (a, b) => Number(a) - Number(b) || compare(a, b) : compare)) {
    const entry = fields[key]
    const item = entry === undefined ? undefined : toItem(key, entry)
    if (item === undefined || ['array', 'vector'].includes(typeOf(item)))
      return { loss: 'wrong-type', value: undefined }
    values.push(item)
  }
  return { value: { arrayValue: { values } } }
}

function toMap(items: readonly Value[], { toEntry }: Entries): Converted {
  const entries = items.map(toEntry).filter((entry) => entry !== undefined)
  if (entries.length < items.length) return { loss: 'wrong-type', value: undefined }
  const keys = new Set(entries.map(([key]) => key))
  if ([...keys].some((key) => key === '' || /^__.*__$/s.test(key))) return { loss: 'out-of-range', value: undefined }
  const value = mapOf(entries)
  return keys.size < entries.length ? { loss: 'duplicate', value } : { value }
}

function mapOf(entries: readonly (readonly [string, Value])[]): Value {
  return { mapValue: { fields: Object.fromEntries(entries) } }
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
