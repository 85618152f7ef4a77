import { canonicalJson } from '../kernel/canonical-json.ts'
import type { FieldPath } from '../stores/documents.ts'
import { isPlain } from '../stores/special-values.ts'
import { encodeValue } from '../stores/values.ts'

/** A document's fields, or a map in it, as the app's SDK has them. */
export type Data = Readonly<Record<string, unknown>>

/** True for what Firestore keeps as a map: not for dates, bytes, sentinels and the SDK's own classes. */
export function isMap(value: unknown): value is Data {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && isPlain(value)
}

/** The value at the path; undefined where a part of it is absent or not a map. `[]` is the value itself. */
export function memberAt(value: unknown, [key, ...rest]: FieldPath): unknown {
  if (key === undefined) return value
  return isMap(value) && Object.hasOwn(value, key) ? memberAt(value[key], rest) : undefined
}

/**
 * The data with another value, or with undefined none, at the path. Maps on the way are made where nothing is; where
 * something else is in the way the data stays as it is.
 */
export function withMember(data: Data, [key, ...rest]: FieldPath, value: unknown): Data {
  if (key === undefined) return isMap(value) ? value : data
  const others = Object.entries(data).filter(([other]) => other !== key)
  const here = Object.hasOwn(data, key) ? data[key] : undefined
  if (rest.length === 0) return Object.fromEntries(value === undefined ? others : [...others, [key, value]])
  if (here === undefined ? value === undefined : !isMap(here)) return data
  return Object.fromEntries([...others, [key, withMember(isMap(here) ? here : {}, rest, value)]])
}

/** True where writing the path would have to replace something that is not a map. */
export function isBlocked(data: Data, path: FieldPath): boolean {
  return path.slice(0, -1).some((_, index) => {
    const above = memberAt(data, path.slice(0, index + 1))
    return above !== undefined && !isMap(above)
  })
}

/** Equality as Firestore sees it, whichever classes stand for the values; absence is equal to absence alone. */
export function sameData(a: unknown, b: unknown): boolean {
  if (a === undefined || b === undefined) return a === b
  return canonicalJson(encodeValue(a)) === canonicalJson(encodeValue(b))
}

export function isPrefix(start: FieldPath, path: FieldPath): boolean {
  return start.length <= path.length && start.every((key, index) => path[index] === key)
}

/** True where one of the two places lies in the other. */
export function overlaps(a: FieldPath, b: FieldPath): boolean {
  return isPrefix(a, b) || isPrefix(b, a)
}
