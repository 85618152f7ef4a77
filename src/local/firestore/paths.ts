import { limits } from './limits.ts'
import { invalid } from './status.ts'
import type { Fields, Value } from './values.ts'
import type { WireMask } from './wire.ts'

/** The keys from a document's root to a field, unescaped. */
export type FieldPath = readonly string[]

/** The field path that means the document's name. */
export const nameField = '__name__'

const plain = /^[a-zA-Z_][a-zA-Z_0-9]*$/
const segmentForm = /([a-zA-Z_][a-zA-Z_0-9]*|`(?:[^`\\]|\\.)+`)(\.|$)/gsy

/** A field path as Firestore writes it: plain keys or keys in backticks, joined by dots. */
export function parsePath(text: string): FieldPath {
  const path = plain.test(text) ? [text] : splitPath(text)
  for (const key of path) {
    if (key.length >= 4 && key.startsWith('__') && key.endsWith('__') && text !== nameField) {
      throw invalid(`Invalid reserved name in field path ${text}`)
    }
    if (Buffer.byteLength(key) > limits.fieldNameBytes) {
      throw invalid(`A name in a field path is longer than ${limits.fieldNameBytes} bytes.`)
    }
  }
  return path
}

function splitPath(text: string): FieldPath {
  const path: string[] = []
  let end = 0
  let open = true
  for (const [whole, key, dot] of text.matchAll(segmentForm)) {
    path.push(key?.startsWith('`') ? key.slice(1, -1).replace(/\\(.)/gs, '$1') : (key ?? ''))
    end += whole.length
    open = dot === '.'
    if (!open) break
  }
  if (open || end !== text.length) {
    throw invalid(
      text === ''
        ? 'Invalid empty property path string.'
        : `Invalid property path "${text}". Keys that are not letters, digits and _ stand in backticks.`,
    )
  }
  return path
}

/** The paths of a mask; undefined where there is no mask, which is not the same as an empty one. */
export function parseMask(mask: WireMask | null | undefined): readonly FieldPath[] | undefined {
  return mask ? (mask.fieldPaths ?? []).map(parsePath) : undefined
}

/** The value at a path, or undefined. */
export function valueAt(fields: Fields, path: FieldPath): Value | undefined {
  let value: Value | undefined
  let inside: Fields = fields
  for (const [at, key] of path.entries()) {
    if (at > 0) {
      if (value?.kind !== 'map') return undefined
      inside = value.mapValue.fields
    }
    value = Object.hasOwn(inside, key) ? inside[key] : undefined
  }
  return value
}

/** New fields with the value at a path set; what stands in the way and is no map becomes one. */
export function withValue(fields: Fields, path: FieldPath, value: Value): Fields {
  const [key, ...rest] = path
  if (key === undefined) return fields
  if (rest.length === 0) return { ...fields, [key]: value }
  const inner = Object.hasOwn(fields, key) ? fields[key] : undefined
  const map = inner?.kind === 'map' ? inner.mapValue.fields : {}
  return { ...fields, [key]: { kind: 'map', mapValue: { fields: withValue(map, rest, value) } } }
}

/** New fields without the value at a path; the maps around it stay. */
export function withoutValue(fields: Fields, path: FieldPath): Fields {
  const [key, ...rest] = path
  if (key === undefined || !Object.hasOwn(fields, key)) return fields
  if (rest.length === 0) {
    const { [key]: _, ...others } = fields
    return others
  }
  const inner = fields[key]
  if (inner?.kind !== 'map') return fields
  return { ...fields, [key]: { kind: 'map', mapValue: { fields: withoutValue(inner.mapValue.fields, rest) } } }
}

/** Only the fields a mask names; undefined is no mask and gives all of them. */
export function maskFields(fields: Fields, mask: readonly FieldPath[] | undefined): Fields {
  if (!mask) return fields
  let kept: Fields = {}
  for (const path of mask) {
    const value = valueAt(fields, path)
    if (value) kept = withValue(kept, path, value)
  }
  return kept
}
