import type { FieldPath, Fields, Value } from '../stores/documents.ts'
import { valueIn } from './value-tree.ts'

/** A value to which many changes are made: of each map there is one copy, however many of its members change. */
export interface ValueDraft {
  /** As it is now; maps in it change with later changes. */
  value(): Value | undefined
  /** As `withValueIn` does it. */
  set(path: FieldPath, inner: Value | undefined): void
}

type MapValue = Extract<Value, { readonly mapValue: unknown }>

/** Leaves the value it starts from, and values that are set, as they are. */
export function createValueDraft(start: Value | undefined): ValueDraft {
  const copies = new Map<Fields, Record<string, Value>>()
  let root = start
  const opened = (value: Value | undefined): MapValue => {
    if (value !== undefined && 'mapValue' in value && copies.has(value.mapValue.fields)) return value
    const fields = { ...(value !== undefined && 'mapValue' in value ? value.mapValue.fields : {}) }
    copies.set(fields, fields)
    return { mapValue: { fields } }
  }
  return {
    value: () => root,
    set(path, inner) {
      const last = path.at(-1)
      if (last === undefined) root = inner
      else if (inner !== undefined || valueIn(root, path) !== undefined) {
        let map = (root = opened(root))
        for (const key of path.slice(0, -1)) {
          const below = opened(valueIn(map, [key]))
          put(copies.get(map.mapValue.fields), key, below)
          map = below
        }
        put(copies.get(map.mapValue.fields), last, inner)
      }
    },
  }
}

/** Any key is a plain member, `__proto__` too. */
function put(fields: Record<string, Value> | undefined, key: string, value: Value | undefined): void {
  if (fields === undefined) return
  if (value === undefined) Reflect.deleteProperty(fields, key)
  else if (key !== '__proto__') fields[key] = value
  else Object.defineProperty(fields, key, { value, enumerable: true, writable: true, configurable: true })
}

/** The document with the changes made. */
export function fieldsWith(
  fields: Fields,
  changes: readonly { readonly path: FieldPath; readonly value: Value | undefined }[],
): Fields {
  const draft = createValueDraft({ mapValue: { fields } })
  for (const { path, value } of changes) draft.set(path, value)
  const value = draft.value()
  return value !== undefined && 'mapValue' in value ? value.mapValue.fields : {}
}
