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

interface Written {
  readonly before: Value | undefined
  readonly changes: FieldChange[]
  /** Made when somebody asks what the document will hold: with a single change nobody does. */
  draft: ValueDraft | undefined
  /** Other documents of which it is made. */
  sources: Set<string> | undefined
}

/** Satellites that lose their last field go as a whole: they were made of the fields that leave. */
export function createPlaceWrites(unit: PairUnit): PlaceWrites {
  const written = new Map<string, Written>()
  const current = (name: string): Value | undefined => {
    const now = written.get(name)
    if (now !== undefined) return valueOf(now)
    const document = unit.documents.get(name)
    return document === undefined ? undefined : fieldAt(document, [])
  }
  const begin = (name: string, before: Value | undefined): Written => {
    const begun: Written = { before, changes: [], draft: undefined, sources: undefined }
    written.set(name, begun)
    return begun
  }
  return {
    set({ name, path }, value, source = name) {
      const before = current(name)
      if (before === undefined && value === undefined) return
      const one = written.get(name) ?? begin(name, before)
      one.draft?.set(path, value)
      one.changes.push({ path, value })
      if (source !== name && unit.clients !== undefined) (one.sources ??= new Set()).add(source)
    },
    at: ({ name, path }) => {
      const value = current(name)
      return value === undefined ? undefined : fieldAt({ fields: fieldsOf(value) }, path)
    },
    isBlocked({ name, path }) {
      const value = current(name)
      return value !== undefined && isBlocked({ fields: fieldsOf(value) }, path)
    },
    edits: () => [...written].flatMap(([name, one]) => editsOf(unit, name, one)),
  }
}

/** What the document will hold. */
function valueOf(written: Written): Value | undefined {
  if (written.draft === undefined) {
    written.draft = createValueDraft(written.before)
    for (const { path, value } of written.changes) written.draft.set(path, value)
  }
  return written.draft.value()
}

function editsOf(unit: PairUnit, name: string, one: Written): readonly DocumentEdit[] {
  const { sources } = one
  const edits = editOf(unit, name, one)
  if (sources === undefined) return edits
  const given = [...sources].flatMap((source) => unit.documents.get(source) ?? [])
  return given.length === 0 ? edits : edits.map((edit) => ({ ...edit, given }))
}

function fieldsOf(value: Value): Fields {
  return 'mapValue' in value ? value.mapValue.fields : {}
}

function isEmpty(value: Value): boolean {
  return Object.keys(fieldsOf(value)).length === 0
}

function editOf(unit: PairUnit, name: string, one: Written): readonly DocumentEdit[] {
  const document = unit.documents.get(name)
  const [only, ...others] = one.changes
  if (document !== undefined && only?.value !== undefined && only.path.length > 0 && others.length === 0)
    return sameValue(fieldAt(document, only.path), only.value) ? [] : [{ op: 'patch', document, changes: [only] }]
  const now = valueOf(one)
  const paths = one.changes.map(({ path }) => path)
  const isBare = now !== undefined && isEmpty(now) && paths.every((path) => path.length > 0)
  const value = isBare && name !== unit.key ? undefined : now
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
  if (changes.length === 1) return changes
  const distinct = new Map(changes.map((change) => [JSON.stringify(change.path), change]))
  return [...distinct.values()].filter(
    ({ path }) => !path.some((_, length) => distinct.has(JSON.stringify(path.slice(0, length)))),
  )
}
