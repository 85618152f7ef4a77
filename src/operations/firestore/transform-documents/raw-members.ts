import { canonicalJson } from '../../../kernel/canonical-json.ts'
import type { FieldChange, FieldPath, Fields, Value } from '../../../stores/documents.ts'
import { rawDouble } from '../../conversions/numbers.ts'
import { typeOf } from '../../conversions/conversion.ts'
import { decodeValue, encodeValue } from '../../../stores/values.ts'
import { sameValue } from '../../field-path.ts'

/**
 * The value that a function meant: `given` is what it made of the decoded `raw`, and every member of maps and lists
 * that it left alone keeps its raw value, bit by bit. Members of lists are known by what they are, wherever they went.
 * A double that got another number stays a double. Throws LS-2103 for what Firestore cannot keep.
 */
export function mergeRaw(raw: Value | undefined, given: unknown): Value {
  return merge(raw, encodeValue(given))
}

/** `meant` is encoded; where that equals the encoding of what the function was shown, the raw value stands. */
function merge(raw: Value | undefined, meant: Value): Value {
  if (raw === undefined || sameValue(shownOf(raw), meant)) return raw ?? meant
  if (isMap(raw) && isMap(meant)) {
    const before = raw.mapValue.fields
    const members = Object.entries(meant.mapValue.fields).map(
      ([key, value]) => [key, merge(Object.hasOwn(before, key) ? before[key] : undefined, value)] as const,
    )
    return { mapValue: { fields: Object.fromEntries(members) } }
  }
  if ('arrayValue' in raw && 'arrayValue' in meant)
    return { arrayValue: { values: mergeList(raw.arrayValue.values, meant.arrayValue.values) } }
  return 'doubleValue' in raw && 'integerValue' in meant ? rawDouble(Number(meant.integerValue)) : meant
}

/** The value as a function gives it back unchanged. */
export function shownOf(raw: Value): Value {
  return encodeValue(decodeValue(raw))
}

function mergeList(raw: readonly Value[], meant: readonly Value[]): readonly Value[] {
  const shown = raw.map((value) => canonicalJson(shownOf(value)))
  const wanted = meant.map((value) => canonicalJson(value))
  const free = new Map<string, number[]>()
  for (const [index, text] of shown.entries())
    if (wanted[index] !== text) free.set(text, [...(free.get(text) ?? []), index])
  return meant.map((value, index) => {
    const text = wanted[index] ?? ''
    const from = shown[index] === text ? index : free.get(text)?.shift()
    return from === undefined ? merge(raw[index], value) : (raw[from] ?? value)
  })
}

/** The changes that make one map of the other, at paths as deep as they can be; a list is changed as a whole. */
export function changesBetween(before: Fields, after: Fields, above: FieldPath = []): readonly FieldChange[] {
  const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])]
  return keys.flatMap((key): readonly FieldChange[] => {
    const [was, now] = [before, after].map((fields) => (Object.hasOwn(fields, key) ? fields[key] : undefined))
    if (sameValue(was, now)) return []
    const path = [...above, key]
    return was !== undefined && now !== undefined && isMap(was) && isMap(now)
      ? changesBetween(was.mapValue.fields, now.mapValue.fields, path)
      : [{ path, value: now }]
  })
}

/** A vector is one value, though Firestore keeps it as a map. */
function isMap(value: Value): value is { readonly mapValue: { readonly fields: Fields } } {
  return 'mapValue' in value && typeOf(value) === 'map'
}
