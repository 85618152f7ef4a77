import type { Data } from './data.ts'

/** Where the phases come from: the fields of `_lockstep/state`, undefined while it does not exist. */
export interface PhaseSource {
  /** Calls `next` now and at every change until the returned function is called, or `failed` once and never again. */
  listen(next: (fields: Data | undefined) => void, failed: (error: unknown) => void): () => void
  get(): Promise<Data | undefined>
}

/** The document in which Lockstep tells clients the phase of each migration. */
export const phaseDocumentPath = '_lockstep/state'

interface SnapshotOfState {
  data(): object | undefined
  readonly metadata?: { readonly fromCache: boolean }
}

interface ServerReference {
  onSnapshot(next: (snapshot: SnapshotOfState) => void, failed: (error: Error) => void): () => void
  get(): Promise<SnapshotOfState>
}

/** For `firebase-admin` and `@google-cloud/firestore`: `serverSource(firestore.doc(phaseDocumentPath))`. */
export function serverSource(reference: ServerReference): PhaseSource {
  return {
    listen: (next, failed) => reference.onSnapshot((snapshot) => next(fieldsOf(snapshot)), failed),
    get: async () => fieldsOf(await reference.get()),
  }
}

/** The web SDK's functions, on the reference of the phase document. */
export interface WebFunctions {
  readonly onSnapshot: (next: (snapshot: SnapshotOfState) => void, failed: (error: Error) => void) => () => void
  readonly getDoc: () => Promise<SnapshotOfState>
}

/**
 * For the web SDK, with `const state = doc(firestore, phaseDocumentPath)`:
 * `webSource({ onSnapshot: (next, failed) => onSnapshot(state, next, failed), getDoc: () => getDoc(state) })`.
 */
export function webSource({ onSnapshot, getDoc }: WebFunctions): PhaseSource {
  return {
    listen: (next, failed) =>
      onSnapshot((snapshot) => {
        // An empty cache knows nothing of the document: that is not an answer.
        const fields = fieldsOf(snapshot)
        if (fields !== undefined || snapshot.metadata?.fromCache !== true) next(fields)
      }, failed),
    get: async () => fieldsOf(await getDoc()),
  }
}

function fieldsOf(snapshot: SnapshotOfState): Data | undefined {
  const fields = snapshot.data()
  return fields === undefined ? undefined : { ...fields }
}
