import { LockstepError } from '../kernel/errors.ts'
import type { Document, FieldPath, Fields, Value } from '../stores/documents.ts'
import { fieldAt, parseFieldPath } from './field-path.ts'
import { withField } from './value-tree.ts'

/** A step into a value: a member by its key, every member of a map (`*`), every member of a list (`[]`). */
type Into = { readonly key: string } | '*' | '[]'

/** Every place that a text such as `workflows.*.limit` or `items[].price` stands for. */
export interface FieldSpread {
  readonly text: string
  /** The way to the maps that hold the field; empty for a field of the document itself. */
  readonly spread: readonly Into[]
  /** From such a map to the field: at least one key. */
  readonly path: FieldPath
}

/** Field paths as Firestore writes them, with `*` for every key and `[]` after a list's name. Throws LS-2103. */
export function parseFieldSpread(text: string): FieldSpread {
  const steps = intoOf(text)
  const last = steps.findLastIndex((step) => typeof step === 'string')
  const path = steps.slice(last + 1).flatMap((step) => (typeof step === 'string' ? [] : [step.key]))
  if (path.length === 0) {
    throw new LockstepError(
      'LS-2103',
      `field "${text}" cannot be written: it ends with ${text.slice(-2).replace('.', '')}`,
      {
        where: { name: text },
        hint: 'end it with the name of a field, as in items[].price or workflows.*.limit',
      },
    )
  }
  return { text, spread: steps.slice(0, last + 1), path }
}

function intoOf(text: string): readonly Into[] {
  const segments = text.match(/(?:`(?:[^`\\]|\\.)*`|[^.`])+/g) ?? ['']
  if (segments.join('.') !== text) return parseFieldPath(text).map((key) => ({ key }))
  return segments.flatMap((segment): readonly Into[] => {
    if (segment === '*') return ['*']
    const lists = /(?:\[\])+$/.exec(segment)?.[0] ?? ''
    const [key = ''] = parseFieldPath(segment.slice(0, segment.length - lists.length))
    return [{ key }, ...Array.from({ length: lists.length / 2 }, () => '[]' as const)]
  })
}

/** Throws LS-2103 unless both fields lie in the same maps: what a spread takes apart is not put together elsewhere. */
export function requireSameSpread(from: FieldSpread, to: FieldSpread): void {
  if (JSON.stringify(from.spread) === JSON.stringify(to.spread)) return
  throw new LockstepError('LS-2103', `fields "${from.text}" and "${to.text}" do not lie in the same maps`, {
    where: { name: to.text },
    hint: 'write both alike up to the last * or []',
  })
}

/** Whether the spread goes through a list: Firestore writes lists as a whole. */
export function hasLists({ spread }: FieldSpread): boolean {
  return spread.includes('[]')
}

/** The keys before the first `*` or `[]`: what has to be read, and of a list what is written. Empty: the document. */
export function fixedPath({ spread, path }: FieldSpread): FieldPath {
  const end = spread.findIndex((step) => typeof step === 'string')
  const keys = spread.slice(0, end === -1 ? spread.length : end)
  return [...keys.flatMap((step) => (typeof step === 'string' ? [] : [step.key])), ...(spread.length === 0 ? path : [])]
}

/** The paths of the maps that hold the field. Only for a spread without lists. */
export function mapsOf(document: Pick<Document, 'fields'>, { spread }: FieldSpread): readonly FieldPath[] {
  let paths: readonly FieldPath[] = [[]]
  for (const step of spread) {
    paths = paths.flatMap((path) =>
      typeof step === 'string' ? keysAt(document, path).map((key) => [...path, key]) : [[...path, step.key]],
    )
  }
  return spread.length === 0 ? paths : paths.filter((path) => isMap(fieldAt(document, path)))
}

function keysAt(document: Pick<Document, 'fields'>, path: FieldPath): readonly string[] {
  const value = fieldAt(document, path)
  return isMap(value) ? Object.keys(value.mapValue.fields) : []
}

/** The value at `fixedPath` with each map that holds the field changed; what is of another form stays as it is. */
export function changeMaps(value: Value, spread: FieldSpread, change: (fields: Fields) => Fields): Value {
  const start = spread.spread.findIndex((step) => typeof step === 'string')
  return changeAt(value, spread.spread.slice(start), change)
}

function changeAt(value: Value, [step, ...rest]: readonly Into[], change: (fields: Fields) => Fields): Value {
  if (step === undefined) return isMap(value) ? { mapValue: { fields: change(value.mapValue.fields) } } : value
  if (step === '[]') {
    if (!('arrayValue' in value)) return value
    return { arrayValue: { values: value.arrayValue.values.map((each) => changeAt(each, rest, change)) } }
  }
  if (!isMap(value)) return value
  const keys = step === '*' ? Object.keys(value.mapValue.fields) : [step.key]
  let { fields } = value.mapValue
  for (const key of keys) {
    const inner = Object.hasOwn(fields, key) ? fields[key] : undefined
    if (inner !== undefined) fields = withField(fields, key, changeAt(inner, rest, change))
  }
  return { mapValue: { fields } }
}

function isMap(value: Value | undefined): value is { readonly mapValue: { readonly fields: Fields } } {
  return value !== undefined && 'mapValue' in value
}
