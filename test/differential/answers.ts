import { DocumentReference, GeoPoint, Timestamp, VectorValue } from '@google-cloud/firestore'
import type { DocumentSnapshot, QuerySnapshot } from '@google-cloud/firestore'

/** Turns what one server answers into plain data that is equal on every server. Moments are told by their order alone. */
export interface Answers {
  readonly value: (value: unknown) => unknown
  readonly document: (snapshot: DocumentSnapshot) => unknown
  readonly refusal: (error: unknown) => unknown
  /** Without moments: when something is heard is not the same twice. */
  readonly changes: (snapshot: QuerySnapshot) => unknown
}

/** Times later than this are of the run, not of the data. */
const dataEnds = 1_700_000_000

export function createAnswers(root: string): Answers {
  const moments: string[] = []
  const moment = (time: Timestamp | undefined): string => {
    const text = time ? `${time.seconds}.${String(time.nanoseconds).padStart(9, '0')}` : 'never'
    if (!moments.includes(text)) moments.push(text)
    return `moment ${moments.indexOf(text)}`
  }
  const value = (each: unknown): unknown => {
    if (typeof each === 'bigint') return `${each}n`
    if (typeof each === 'number') return Object.is(each, -0) ? '-0' : `${each}`
    if (each instanceof Timestamp) return each.seconds > dataEnds ? 'now' : `${each.seconds}s ${each.nanoseconds}ns`
    if (each instanceof GeoPoint) return { latitude: each.latitude, longitude: each.longitude }
    if (each instanceof DocumentReference) return `-> ${each.path.replace(root, 'ROOT')}`
    if (each instanceof VectorValue) return { vector: each.toArray().map(value) }
    if (each instanceof Uint8Array) return `bytes ${Buffer.from(each).toString('hex')}`
    if (Array.isArray(each)) return each.map(value)
    if (typeof each !== 'object' || each === null) return each
    return Object.fromEntries(
      Object.entries(each)
        .toSorted(([a], [b]) => (a < b ? -1 : 1))
        .map(([key, inner]) => [key, value(inner)]),
    )
  }
  const path = (snapshot: DocumentSnapshot): string => snapshot.ref.path.replace(root, 'ROOT')
  const document = (snapshot: DocumentSnapshot): unknown => ({
    path: path(snapshot),
    data: value(snapshot.data()),
    made: moment(snapshot.createTime),
    changed: moment(snapshot.updateTime),
  })
  return {
    value,
    document,
    refusal: (error) => {
      if (!(error instanceof Error)) throw error
      return 'code' in error && typeof error.code === 'number' ? { refused: error.code } : { thrown: error.message }
    },
    changes: (snapshot) =>
      snapshot
        .docChanges()
        .map(({ type, doc, oldIndex, newIndex }) => [type, path(doc), value(doc.data()), oldIndex, newIndex]),
  }
}
