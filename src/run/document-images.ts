import { z } from 'zod'
import { fieldAt, sameValue } from '../operations/field-path.ts'
import type { PreImage } from '../operations/operation.ts'
import type { Document, FieldChange, FieldPath, Value } from '../stores/documents.ts'

/** Null stands for an absent field; a Firestore null is `{ nullValue: null }`. */
type Kept = readonly [FieldPath, Value | null]

const kept = z.array(z.tuple([z.array(z.string()), z.custom<Value | null>()]))
const form = z.object({ name: z.string(), before: z.object({ version: z.string(), values: kept }), after: kept })

/** What a document had at the touched paths, in which version, and what it gets. */
export interface DocumentImage {
  readonly name: string
  readonly version: string
  readonly before: readonly Kept[]
  readonly after: readonly Kept[]
}

export function imageOf(document: Document, changes: readonly FieldChange[]): PreImage {
  const values = changes.map(({ path }) => [path, fieldAt(document, path) ?? null] as const)
  return {
    name: document.name,
    before: { version: document.updateTime, values: values as never },
    after: changes.map(({ path, value }) => [path, value ?? null] as const) as never,
  }
}

export function parseImage(image: PreImage): DocumentImage {
  const { name, before, after } = form.parse(image)
  return { name, version: before.version, before: before.values, after }
}

export function pathsOf(images: readonly DocumentImage[]): readonly FieldPath[] {
  return [...new Map(images.flatMap((image) => image.after.map(([path]) => [JSON.stringify(path), path] as const))).values()]
}

/** True when the document shows exactly what we meant to write at every touched path. */
export function showsAfter(document: Document, after: readonly Kept[]): boolean {
  return after.every(([path, value]) => sameValue(fieldAt(document, path), value ?? undefined))
}

export interface WayBack {
  readonly changes: readonly FieldChange[]
  /** Paths that hold neither what we wrote nor what was before: someone else's later value, kept. */
  readonly foreign: readonly FieldPath[]
}

/** Three-way comparison per field: ours goes back to what was before, anything else stays. */
export function wayBack(document: Document, image: DocumentImage): WayBack {
  const changes: FieldChange[] = []
  const foreign: FieldPath[] = []
  for (const [index, [path, after]] of image.after.entries()) {
    const now = fieldAt(document, path)
    const before = image.before[index]?.[1] ?? undefined
    if (sameValue(now, before)) continue
    if (sameValue(now, after ?? undefined)) changes.push({ path, value: before })
    else foreign.push(path)
  }
  return { changes, foreign }
}
