import { isMap, withMember } from './data.ts'
import type { Data } from './data.ts'
import type { Lens } from './rule.ts'

/** How an entry of a map looks as a document of its own, and which of the two is the new shape. */
interface EntryForm {
  readonly inward: boolean
  readonly key?: string
  readonly value?: string
}

/** Between the entry with this key and its document: undefined where the one cannot be the other. */
export function entryLens(form: EntryForm, key: string): Lens {
  const toDocument = (entry: unknown) => ({ value: documentOf(entry, key, form) })
  const toEntry = (document: unknown) => ({ value: entryOf(document, form) })
  const identity = form.key === undefined && form.value === undefined
  return form.inward ? { up: toEntry, down: toDocument, identity } : { up: toDocument, down: toEntry, identity }
}

/** The document of an entry: with its key where there is a field for it. */
function documentOf(entry: unknown, key: string, form: EntryForm): Data | undefined {
  const data = isMap(entry) ? entry : form.value === undefined ? undefined : { [form.value]: entry }
  return data === undefined || form.key === undefined ? data : withMember(data, [form.key], key)
}

/** A document with nothing but the value's field stands for an entry that is not a map. */
function entryOf(document: unknown, form: EntryForm): unknown {
  if (!isMap(document)) return undefined
  const data = form.key === undefined ? document : withMember(document, [form.key], undefined)
  const [only, ...others] = Object.keys(data)
  const isLone = form.value !== undefined && only === form.value && others.length === 0 && !isMap(data[only])
  return isLone ? data[form.value ?? ''] : data
}
