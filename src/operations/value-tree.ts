import type { Document, FieldPath, Fields, Value } from '../stores/documents.ts'
import { sameValue } from './field-path.ts'

/** The value at the path inside a value; undefined where a part of it is absent or not a map. `[]` is the value. */
export function valueIn(value: Value | undefined, [key, ...rest]: FieldPath): Value | undefined {
  if (key === undefined || value === undefined) return value
  if (!('mapValue' in value) || !Object.hasOwn(value.mapValue.fields, key)) return undefined
  return valueIn(value.mapValue.fields[key], rest)
}

/** The value with another one at the path, maps on the way made where there are none; undefined takes out what is there. */
export function withValueIn(
  value: Value | undefined,
  [key, ...rest]: FieldPath,
  inner: Value | undefined,
): Value | undefined {
  if (key === undefined) return inner
  if (inner === undefined && valueIn(value, [key]) === undefined) return value
  const fields = value !== undefined && 'mapValue' in value ? value.mapValue.fields : {}
  const below = withValueIn(Object.hasOwn(fields, key) ? fields[key] : undefined, rest, inner)
  return { mapValue: { fields: withField(fields, key, below) } }
}

/** The document as it is read by a projection: what looks at it sees no more than that. Undefined is all of it. */
export function onlyFields(document: Document, fields: readonly FieldPath[] | undefined): Document {
  if (fields === undefined) return document
  let seen: Value | undefined = { mapValue: { fields: {} } }
  for (const path of fields) seen = withValueIn(seen, path, valueIn({ mapValue: { fields: document.fields } }, path))
  return { ...document, fields: seen !== undefined && 'mapValue' in seen ? seen.mapValue.fields : {} }
}

/** The fields with this one set or, undefined, taken out. Any key is a plain member, `__proto__` too. */
export function withField(fields: Fields, key: string, value: Value | undefined): Fields {
  const others = Object.entries(fields).filter(([other]) => other !== key)
  return Object.fromEntries(value === undefined ? others : [...others, [key, value]])
}

export function isPrefix(start: FieldPath, path: FieldPath): boolean {
  return start.length <= path.length && start.every((key, index) => path[index] === key)
}

export interface Merged {
  readonly value: Value | undefined
  /** Paths that both sides changed, differently; `first` has won them. */
  readonly clashes: readonly FieldPath[]
}

/** Three-way merge: what only one side changed is taken from it, field by field through maps. */
export function mergeThree(base: Value | undefined, first: Value | undefined, second: Value | undefined): Merged {
  if (sameValue(first, second) || sameValue(second, base)) return { value: first, clashes: [] }
  if (sameValue(first, base)) return { value: second, clashes: [] }
  if (!isMap(base) || !isMap(first) || !isMap(second)) return { value: first, clashes: [[]] }
  const sides = [base, first, second].map(({ mapValue }) => mapValue.fields)
  const keys = [...new Set(sides.flatMap((fields) => Object.keys(fields)))]
  const clashes: FieldPath[] = []
  const members = keys.flatMap((key) => {
    const [was, one, two] = sides.map((fields) => (Object.hasOwn(fields, key) ? fields[key] : undefined))
    const merged = mergeThree(was, one, two)
    clashes.push(...merged.clashes.map((path) => [key, ...path]))
    return merged.value === undefined ? [] : [[key, merged.value] as const]
  })
  return { value: { mapValue: { fields: Object.fromEntries(members) } }, clashes }
}

function isMap(value: Value | undefined): value is { readonly mapValue: { readonly fields: Fields } } {
  return value !== undefined && 'mapValue' in value
}
