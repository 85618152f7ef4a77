import { FieldPath, FieldValue, GeoPoint, Timestamp } from '@google-cloud/firestore'
import type { DocumentReference, Firestore } from '@google-cloud/firestore'
import { paths } from './program.ts'
import type { Change, Condition, Datum, Edit } from './program.ts'

/** Where the documents of one program are: below a document of its own, in collections that no other program has. */
export interface Place {
  readonly firestore: Firestore
  readonly root: string
  /** The collection ids `c` and `d` of this program. */
  readonly id: (letter: string) => string
  readonly doc: (at: number) => DocumentReference
}

export function createPlace(firestore: Firestore, name: string): Place {
  const root = `runs/${name}`
  const id = (letter: string): string => `${letter}${name}`
  return {
    firestore,
    root,
    id,
    doc: (at) => {
      const segments = (paths[at] ?? '').split('/')
      return firestore.doc(`${root}/${segments.map((each, i) => (i % 2 === 0 ? id(each) : each)).join('/')}`)
    },
  }
}

/** The value of the client that is sent for a datum. */
export function valueOf(place: Place, datum: Datum): unknown {
  switch (datum.as) {
    case 'null':
      return null
    case 'integer':
      return BigInt(datum.of)
    case 'time':
      return new Timestamp(5, datum.of * 1000)
    case 'bytes':
      return Buffer.from(datum.of)
    case 'document':
      return place.doc(datum.of)
    case 'place':
      return new GeoPoint(...datum.of)
    case 'vector':
      return FieldValue.vector([...datum.of])
    case 'list':
      return datum.of.map((item) => valueOf(place, item))
    case 'map':
      return mapOf(datum.of, (item) => valueOf(place, item))
    default:
      return datum.of
  }
}

function mapOf<T>(fields: Readonly<Record<string, T>>, valueOf: (each: T) => unknown): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).map(([key, each]) => [key, valueOf(each)]))
}

function changeOf(place: Place, change: Change): unknown {
  switch (change.as) {
    case 'now':
      return FieldValue.serverTimestamp()
    case 'remove':
      return FieldValue.delete()
    case 'add':
      return FieldValue.increment(Number(valueOf(place, change.of)))
    case 'union':
      return FieldValue.arrayUnion(...change.of.map((item) => valueOf(place, item)))
    case 'without':
      return FieldValue.arrayRemove(...change.of.map((item) => valueOf(place, item)))
    default:
      return valueOf(place, change)
  }
}

/** What a batch, a transaction and a bulk writer have in common; each call may return something to wait for. */
export interface Sink {
  readonly create: (ref: DocumentReference, data: Record<string, unknown>) => unknown
  readonly set: (ref: DocumentReference, data: Record<string, unknown>, options: { readonly merge: boolean }) => unknown
  readonly update: (ref: DocumentReference, field: FieldPath, value: unknown, ...more: unknown[]) => unknown
  readonly delete: (ref: DocumentReference, precondition?: Precondition) => unknown
}

export type Precondition = FirebaseFirestore.Precondition

/** The preconditions of edits, which may need to look at what is stored. */
export function preconditionsOf(place: Place, edits: readonly Edit[]): Promise<readonly Precondition[]> {
  return Promise.all(edits.map((edit) => ('when' in edit ? precondition(place.doc(edit.at), edit.when) : {})))
}

async function precondition(ref: DocumentReference, when: Condition): Promise<Precondition> {
  switch (when) {
    case 'none':
      return {}
    case 'exists':
      return { exists: true }
    case 'stale':
      return { lastUpdateTime: new Timestamp(1, 0) }
    case 'current':
      return { lastUpdateTime: (await ref.get()).updateTime ?? new Timestamp(1, 0) }
  }
}

/** Adds an edit to a batch, a transaction or a bulk writer. */
export function applyEdit(place: Place, sink: Sink, edit: Edit, when: Precondition): unknown {
  const ref = place.doc(edit.at)
  switch (edit.do) {
    case 'create':
      return sink.create(
        ref,
        mapOf(edit.data, (each) => changeOf(place, each)),
      )
    case 'set':
    case 'merge':
      return sink.set(
        ref,
        mapOf(edit.data, (each) => changeOf(place, each)),
        { merge: edit.do === 'merge' },
      )
    case 'delete':
      return sink.delete(ref, when)
    case 'update': {
      const [field, value, ...more] = edit.pairs.flatMap(([path, change]) => [
        new FieldPath(...path),
        changeOf(place, change),
      ])
      // An update states that the document exists by itself.
      const conditions = 'lastUpdateTime' in when ? [when] : []
      return sink.update(ref, field instanceof FieldPath ? field : new FieldPath('a'), value, ...more, ...conditions)
    }
  }
}
