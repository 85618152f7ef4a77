import type { Document, FieldPath, Fields, Value } from '../stores/documents.ts'
import { brokenName } from './document-limits.ts'
import { fieldAt, sameValue } from './field-path.ts'
import type { Lens } from './pair-rules.ts'
import { withField } from './value-tree.ts'

/** How the entry of a map looks as a document of its own. */
export interface EntryForm {
  /** The document's field that holds the key of the entry. */
  readonly key?: string
  /** The document's field that holds an entry that is not a map. */
  readonly value?: string
}

/** The entries of the map at the path; none where there is no map. */
export function entriesAt(document: Document | undefined, field: FieldPath): Fields {
  const value = document === undefined ? undefined : fieldAt(document, field)
  return value !== undefined && isMap(value) ? value.mapValue.fields : {}
}

/** An embedding is kept as a map, but is none to those who use it. */
export function isMap(value: Value): value is { readonly mapValue: { readonly fields: Fields } } {
  return 'mapValue' in value && !Object.hasOwn(value.mapValue.fields, '__type__')
}

/** True where a document can have the id and a map the key. */
export function isKeyAndId(text: string): boolean {
  return !text.includes('/') && !/^__.*__$/s.test(text) && brokenName(text) === undefined
}

/** From the entry with this key to its document, and back. */
export function documentOfEntry(key: string, form: EntryForm): Lens {
  return {
    up: (entry) => (problemOfEntry(entry, form) === undefined ? toDocument(entry, key, form) : undefined),
    down: (document) => toEntry(document, key, form),
    why: (value, way) => (way === 'up' ? problemOfEntry(value, form) : problemOfDocument(value, key, form)),
  }
}

/** From the document with this id to its entry, and back. */
export function entryOfDocument(key: string, form: EntryForm): Lens {
  return {
    up: (document) => toEntry(document, key, form),
    down: (entry) => toDocument(entry, key, form),
    why: (value, way) => (way === 'up' ? problemOfDocument(value, key, form) : problemOfEntry(value, form)),
  }
}

/** Of an entry whose key cannot be the id of a document. */
export const entryAlone: Lens = Object.freeze({
  up: () => undefined,
  down: () => undefined,
  why: () => 'its key cannot be the id of a document',
})

/** Undefined for what is not a map and has no field to be in, and where the key's field says something else. */
function toDocument(entry: Value, key: string, form: EntryForm): Value | undefined {
  const fields = isMap(entry) ? entry.mapValue.fields : form.value === undefined ? undefined : { [form.value]: entry }
  if (fields === undefined || form.key === undefined) return fields && { mapValue: { fields } }
  if (isOtherKey(fields, key, form.key)) return undefined
  return { mapValue: { fields: withField(fields, form.key, { stringValue: key }) } }
}

/** A document with nothing but the value's field stands for what was not a map. */
function toEntry(document: Value, key: string, form: EntryForm): Value | undefined {
  const all = 'mapValue' in document ? document.mapValue.fields : {}
  if (form.key !== undefined && isOtherKey(all, key, form.key)) return undefined
  const fields = form.key === undefined ? all : withField(all, form.key, undefined)
  return onlyValue(fields, form) ?? { mapValue: { fields } }
}

function isOtherKey(fields: Fields, key: string, field: string): boolean {
  const own = Object.hasOwn(fields, field) ? fields[field] : undefined
  return own !== undefined && !sameValue(own, { stringValue: key })
}

function onlyValue(fields: Fields, { value: field }: EntryForm): Value | undefined {
  const [only, ...others] = Object.keys(fields)
  const value = only === undefined || only !== field || others.length > 0 ? undefined : fields[only]
  return value === undefined || isMap(value) ? undefined : value
}

/** Why an entry cannot become a document from which it could be told back, in words. */
function problemOfEntry(entry: Value, form: EntryForm): string | undefined {
  if (!isMap(entry))
    return form.value === undefined ? "an entry is not a map, and has no field to be in: give value: '…'" : undefined
  const { fields } = entry.mapValue
  if (form.key !== undefined && Object.hasOwn(fields, form.key)) return `an entry has a field "${form.key}" of its own`
  return onlyValue(fields, form) === undefined
    ? undefined
    : `an entry has nothing but "${form.value ?? ''}", as the document of an entry that is not a map has`
}

/** Why a document cannot become an entry, in words. */
function problemOfDocument(document: Value, key: string, form: EntryForm): string | undefined {
  return toEntry(document, key, form) === undefined ? `its "${form.key ?? ''}" is not its id` : undefined
}

/** The last segment of a name. */
export function idOf(name: string): string {
  return name.slice(name.lastIndexOf('/') + 1)
}
