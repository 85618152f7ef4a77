import type { FieldPath, Fields, Value } from '../stores/documents.ts'
import { isExempt, noIndexSettings } from './index-settings.ts'
import type { IndexSettings } from './index-settings.ts'

/** Firestore's limits as its quota page of 2026-11 has them; bytes but for `indexEntries`, `depth` and `collections`. */
export const documentLimits = Object.freeze({
  document: 1_048_576 - 4,
  name: 6_144,
  id: 1_500,
  indexEntries: 40_000,
  /** Maps and lists in one another. */
  depth: 20,
  collections: 100,
})

/**
 * What a document of this name and content would break, in words; undefined when nothing. By the `settings` not every
 * field gets into an index.
 */
export function brokenLimit(
  name: string,
  fields: Fields,
  settings: IndexSettings = noIndexSettings,
): string | undefined {
  const broken = brokenName(name)
  if (broken !== undefined) return broken
  if (documentSize(name, fields) > documentLimits.document) return 'it would be larger than 1 MiB'
  const collection = name.split('/').at(-2) ?? ''
  const isSaid = settings.overridden.some((each) => each.collection === collection)
  const isFree = (path: FieldPath): boolean => isSaid && isExempt(settings, collection, path)
  if (indexEntries({ mapValue: { fields } }, [], isFree) > documentLimits.indexEntries)
    return 'it would have more than 40,000 index entries'
  return depthOf({ mapValue: { fields } }) - 1 > documentLimits.depth
    ? 'its values would nest deeper than 20'
    : undefined
}

/** What is wrong with a document name, in words. */
export function brokenName(name: string): string | undefined {
  const ids = name.split('/')
  const bad = ids.find((id) => id === '' || id === '.' || id === '..' || (id.startsWith('__') && isReserved(id)))
  if (bad !== undefined) return `"${bad}" cannot be an id`
  if (ids.some((id) => isLonger(id, documentLimits.id))) return 'an id would be longer than 1,500 bytes'
  if (isLonger(name, documentLimits.name)) return 'its name would be longer than 6 KiB'
  return ids.length / 2 > documentLimits.collections ? 'it would lie more than 100 collections deep' : undefined
}

function isReserved(id: string): boolean {
  return /^__(?!id-?\d+__$).*__$/s.test(id)
}

/** Bytes by the formula of Firestore's storage-size page. */
export function documentSize(name: string, fields: Fields): number {
  const ids = name.split('/').reduce((sum, id) => sum + bytes(id) + 1, 16)
  return ids + sizeOfFields(fields) + 32
}

function sizeOfFields(fields: Fields): number {
  return Object.entries(fields).reduce((sum, [key, value]) => sum + bytes(key) + 1 + sizeOf(value), 0)
}

function sizeOf(value: Value): number {
  if ('stringValue' in value) return bytes(value.stringValue) + 1
  if ('bytesValue' in value) return Math.floor((value.bytesValue.length * 3) / 4)
  if ('referenceValue' in value) return bytes(value.referenceValue) + 16
  if ('geoPointValue' in value) return 16
  if ('arrayValue' in value) return value.arrayValue.values.reduce((sum, each) => sum + sizeOf(each), 0)
  if ('mapValue' in value) return sizeOfFields(value.mapValue.fields)
  return 'nullValue' in value || 'booleanValue' in value ? 1 : 8
}

/**
 * Entries of the automatic single-field indexes: ascending and descending for each value, one more for each member of
 * a list; maps by their members. Composite indexes are not known here.
 */
function indexEntries(value: Value, path: FieldPath, isFree: (path: FieldPath) => boolean): number {
  if ('mapValue' in value) {
    const members = Object.entries(value.mapValue.fields)
    return members.reduce((sum, [key, each]) => sum + indexEntries(each, [...path, key], isFree), 0)
  }
  if (isFree(path)) return 0
  return 'arrayValue' in value ? 2 + value.arrayValue.values.length : 2
}

function depthOf(value: Value): number {
  const inner =
    'mapValue' in value
      ? Object.values(value.mapValue.fields)
      : 'arrayValue' in value
        ? value.arrayValue.values
        : undefined
  return inner === undefined ? 0 : 1 + inner.reduce((deepest, each) => Math.max(deepest, depthOf(each)), 0)
}

/** A character unit takes three bytes at most, so short texts need no count. */
function isLonger(text: string, most: number): boolean {
  return text.length * 3 > most && bytes(text) > most
}

function bytes(text: string): number {
  return Buffer.byteLength(text, 'utf8')
}
