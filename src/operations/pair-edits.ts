import type { Document, FieldChange, FieldPath, Fields, Value } from '../stores/documents.ts'
import { fieldAt, isBlocked, sameValue } from './field-path.ts'
import type { DocumentEdit } from './document-hands.ts'
import type { Place } from './pair-rules.ts'
import type { PairUnit } from './relocation.ts'
import { createValueDraft, fieldsWith } from './value-draft.ts'
import type { ValueDraft } from './value-draft.ts'

/** What places of a unit are to hold; gathered, and then made into one edit for each document. */
export interface PlaceWrites {
  /** With `source`, the edit holds only as long as that document is as it was read, if there was one. */
  set(place: Place, value: Value | undefined, source?: string): void
  /** What the place will hold. */
  at(place: Place): Value | undefined
  /** True where something that is not a map is in the way: it is never written over. */
  isBlocked(place: Place): boolean
  edits(): readonly DocumentEdit[]
}

/** Satellites that lose their last field go as a whole: they were made of the fields that leave. */
export function createPlaceWrites(unit: PairUnit): PlaceWrites {
  const after = new Map<string, ValueDraft>()
  const touched = new Map<string, FieldPath[]>()
  const sources = new Map<string, Set<string>>()
  const current = (name: string): Value | undefined => {
    const draft = after.get(name)
    if (draft !== undefined) return draft.value()
    const document = unit.documents.get(name)
    return document === undefined ? undefined : fieldAt(document, [])
  }
  return {
    set({ name, path }, value, source = name) {
      const before = current(name)
      if (before === undefined && value === undefined) return
      if (source !== name) sources.set(name, (sources.get(name) ?? new Set()).add(source))
      const draft = after.get(name) ?? createValueDraft(before)
      after.set(name, draft)
      draft.set(path, value)
      const paths = touched.get(name) ?? []
      touched.set(name, paths)
      paths.push(path)
    },
    at: ({ name, path }) => {
      const value = current(name)
      return value === undefined ? undefined : fieldAt({ fields: fieldsOf(value) }, path)
    },
    isBlocked({ name, path }) {
      const value = current(name)
      return value !== undefined && isBlocked({ fields: fieldsOf(value) }, path)
    },
    edits: () =>
      [...after].flatMap(([name, draft]) => {
        const value = draft.value()
        const paths = touched.get(name) ?? []
        const isBare = value !== undefined && isEmpty(value) && paths.every((path) => path.length > 0)
        const left = isBare && name !== unit.key ? undefined : value
        const given = [...(sources.get(name) ?? [])].flatMap((source) => unit.documents.get(source) ?? [])
        const edits = editOf(name, unit.documents.get(name), left, paths)
        return given.length === 0 ? edits : edits.map((edit) => ({ ...edit, given }))
      }),
  }
}

function fieldsOf(value: Value): Fields {
  return 'mapValue' in value ? value.mapValue.fields : {}
}

function isEmpty(value: Value): boolean {
  return Object.keys(fieldsOf(value)).length === 0
}

function editOf(
  name: string,
  document: Document | undefined,
  value: Value | undefined,
  paths: readonly FieldPath[],
): readonly DocumentEdit[] {
  if (document === undefined) return value === undefined ? [] : [{ op: 'create', name, fields: fieldsOf(value) }]
  if (value === undefined) return [{ op: 'delete', document }]
  const changes = paths.flatMap((path) => changesAt(document, { fields: fieldsOf(value) }, path))
  return changes.length === 0 ? [] : [{ op: 'patch', document, changes: widest(changes) }]
}

/** A whole document changes field by field, so that what others write to its other fields does not stand in the way. */
function changesAt(document: Document, now: { readonly fields: Fields }, path: FieldPath): readonly FieldChange[] {
  const paths =
    path.length > 0
      ? [path]
      : [...new Set([...Object.keys(document.fields), ...Object.keys(now.fields)])].map((key) => [key])
  return paths.flatMap((each) => {
    const value = fieldAt(now, each)
    return sameValue(fieldAt(document, each), value) ? [] : [{ path: each, value }]
  })
}

/** The document as it will be, as far as the old one was read. */
export function resultOf(edit: DocumentEdit): { readonly name: string; readonly fields: Fields } {
  if (edit.op === 'create') return edit
  if (edit.op === 'delete') return { name: edit.document.name, fields: {} }
  return { name: edit.document.name, fields: fieldsWith(edit.document.fields, edit.changes) }
}

/** Firestore takes no path together with one below it. */
function widest(changes: readonly FieldChange[]): readonly FieldChange[] {
  const distinct = new Map(changes.map((change) => [JSON.stringify(change.path), change]))
  return [...distinct.values()].filter(
    ({ path }) => !path.some((_, length) => distinct.has(JSON.stringify(path.slice(0, length)))),
  )
}
