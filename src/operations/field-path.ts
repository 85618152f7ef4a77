import { LockstepError } from '../kernel/errors.ts'
import type { Document, FieldPath, Fields, Value } from '../stores/documents.ts'

/** `a.b` or, for keys with other characters, `` a.`b.c` ``, as Firestore writes paths. Throws LS-2103. */
export function parseFieldPath(text: string): FieldPath {
  const segments = text.match(/`(?:[^`\\]|\\.)*`|[^.`]+/g) ?? []
  const path = segments.map((segment) =>
    segment.startsWith('`') ? segment.slice(1, -1).replace(/\\(.)/g, '$1') : segment,
  )
  const problem =
    segments.join('.') === text ? path.map(problemOfKey).find((found) => found !== undefined) : 'it is malformed'
  if (path.length > 0 && problem === undefined) return path
  throw new LockstepError('LS-2103', `field "${text}" cannot be written: ${problem ?? 'it is empty'}`, {
    where: { name: text },
    hint: 'write keys separated by dots, keys with other characters in backticks',
  })
}

function problemOfKey(key: string): string | undefined {
  if (key === '') return 'it has an empty key'
  if (/^__.*__$/.test(key)) return `keys like ${key} are reserved by Firestore`
  return Buffer.byteLength(key, 'utf8') > 1500 ? 'a key is longer than 1,500 bytes' : undefined
}

/** The inverse of parseFieldPath. */
export function printFieldPath(path: FieldPath): string {
  return path
    .map((key) => (/^[A-Za-z_][A-Za-z0-9_]*$/.test(key) ? key : `\`${key.replace(/[`\\]/g, '\\$&')}\``))
    .join('.')
}

/** The value at the path, or undefined where any part of it is absent or not a map. `[]` is all fields, as a map. */
export function fieldAt(document: Pick<Document, 'fields'>, path: FieldPath): Value | undefined {
  let fields: Fields | undefined = document.fields
  let value: Value | undefined = path.length === 0 ? { mapValue: { fields } } : undefined
  for (const key of path) {
    value = fields !== undefined && Object.hasOwn(fields, key) ? fields[key] : undefined
    fields = value !== undefined && 'mapValue' in value ? value.mapValue.fields : undefined
  }
  return value
}

/** True where writing the path would replace something that is not a map. */
export function isBlocked(document: Pick<Document, 'fields'>, path: FieldPath): boolean {
  return path.slice(0, -1).some((_, index) => {
    const above = fieldAt(document, path.slice(0, index + 1))
    return above !== undefined && !('mapValue' in above)
  })
}

/** Equality of values, absence included: the order of a map's keys does not count, every type and digit does. */
export function sameValue(a: Value | undefined, b: Value | undefined): boolean {
  return sameJson(a, b)
}

function sameJson(a: unknown, b: unknown): boolean {
  if (a === b) return true
  if (!isObject(a) || !isObject(b) || Array.isArray(a) !== Array.isArray(b)) return false
  const keys = Object.keys(a)
  return keys.length === Object.keys(b).length && keys.every((key) => Object.hasOwn(b, key) && sameJson(a[key], b[key]))
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null
}
