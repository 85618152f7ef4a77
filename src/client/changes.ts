import type { FieldPath } from '../stores/documents.ts'
import { isMap, isPrefix, memberAt, withMember } from './data.ts'

/** Stands for the absence of a field, where one is taken away. */
export const gone = Symbol('gone')

/**
 * A field to be set, or with `gone` to be taken away. A whole document is one change at the path `[]`. No path of a
 * list of changes lies in another one.
 */
export interface Change {
  readonly path: FieldPath
  readonly value: unknown
}

/** What changes make of a place: its whole value, parts of it, or nothing. */
export type Touch =
  | { readonly kind: 'whole'; readonly value: unknown }
  | { readonly kind: 'parts'; readonly parts: readonly Change[] }
  | { readonly kind: 'none' }

/** An absent value is undefined. Paths of parts are relative to the place. */
export function touchOf(changes: readonly Change[], path: FieldPath): Touch {
  const around = changes.find((change) => isPrefix(change.path, path))
  if (around !== undefined) {
    const value = around.value === gone ? undefined : memberAt(around.value, path.slice(around.path.length))
    return { kind: 'whole', value }
  }
  const parts = changes
    .filter((change) => isPrefix(path, change.path))
    .map((change) => ({ path: change.path.slice(path.length), value: change.value }))
  return parts.length > 0 ? { kind: 'parts', parts } : { kind: 'none' }
}

/** The changes with this place set or, with `gone`, taken away; inside the change around it where there is one. */
export function put(changes: readonly Change[], path: FieldPath, value: unknown): readonly Change[] {
  const around = changes.find((change) => isPrefix(change.path, path))
  if (around === undefined) return [...changes.filter((change) => !isPrefix(path, change.path)), { path, value }]
  const inside = { path: around.path, value: valueInside(around.value, path.slice(around.path.length), value) }
  return changes.map((change) => (change === around ? inside : change))
}

function valueInside(around: unknown, path: FieldPath, value: unknown): unknown {
  if (path.length === 0) return value
  if (around === gone) return value === gone ? gone : withMember({}, path, value)
  return isMap(around) ? withMember(around, path, value === gone ? undefined : value) : around
}

/** The changes with this place left as it is in the document, or out of the map that is set around it. */
export function leave(changes: readonly Change[], path: FieldPath): readonly Change[] {
  const others = changes.filter((change) => !isPrefix(path, change.path))
  const around = others.some((change) => isPrefix(change.path, path))
  return around ? put(others, path, gone) : others
}

/** The change that sets a map around the place, without being of the whole document. */
export function changeAround(changes: readonly Change[], path: FieldPath): Change | undefined {
  return changes.find((change) => change.path.length > 0 && isPrefix(change.path, path))
}
