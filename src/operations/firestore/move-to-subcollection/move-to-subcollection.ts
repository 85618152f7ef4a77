import { LockstepError } from '../../../kernel/errors.ts'
import type { DocumentReader } from '../../../stores/documents.ts'
import { parseEntryOptions, parseEntryPlaces } from '../../entry-places.ts'
import type { EntryOptions, EntryPlaces } from '../../entry-places.ts'
import { fieldAt } from '../../field-path.ts'
import { documentOfEntry, entriesAt, isKeyAndId, isMap, problemOfEntry } from '../../map-entries.ts'
import type { Step } from '../../operation.ts'
import { nowhere } from '../../pair-rules.ts'
import type { Pair, Place } from '../../pair-rules.ts'
import type { Note } from '../../relocation-checks.ts'
import { defineRelocation } from '../../relocation-operation.ts'
import { noteStrangers } from '../../relocation-strangers.ts'
import type { PairUnit, Relocation } from '../../relocation.ts'

export interface MoveToSubcollectionOptions extends EntryOptions {
  /** The id of the collection below each document. */
  readonly into: string
}

export interface MoveToSubcollectionSpec {
  readonly pattern: string
  readonly field: string
  readonly options: MoveToSubcollectionOptions
}

/** Makes each entry of a map field a document of a subcollection, with the entry's key as its id. */
export function moveToSubcollectionStep(
  pattern: string,
  field: string,
  options: MoveToSubcollectionOptions,
): Step<MoveToSubcollectionSpec> {
  return Object.freeze({ kind: 'moveToSubcollection', spec: Object.freeze({ pattern, field, options }) })
}

export const moveToSubcollection = defineRelocation<MoveToSubcollectionSpec>({
  kind: 'moveToSubcollection',
  summary: 'Makes the entries of a map documents of a subcollection; both are kept in step until the map goes',
  parse: parseSpec,
  describe(spec) {
    const places = placesOf(spec)
    const relocation = relocationOf(places)
    const { into, check } = spec.options
    return {
      relocation,
      summary: `move the entries of ${spec.field} in ${spec.pattern} to the subcollection ${into}`,
      field: places.field,
      removal: 'fields removed',
      check: check ?? 'full',
      inspect: (documents, note) => inspect(relocation, documents, note),
      warnings: [],
      basis: { pattern: spec.pattern, field: spec.field, into, form: { ...places.form } },
    }
  },
  shape(spec) {
    const { pattern, children, field, form } = placesOf(spec)
    const { text: from } = pattern
    return [{ change: 'move', from, to: children.text, what: 'entries', inward: false, path: field, ...form }]
  },
})

function placesOf({ pattern, field, options }: MoveToSubcollectionSpec): EntryPlaces {
  return parseEntryPlaces(pattern, field, options.into, options)
}

function parseSpec(spec: unknown): MoveToSubcollectionSpec {
  const { pattern, field, options } = spec as Partial<MoveToSubcollectionSpec>
  if (typeof pattern !== 'string' || typeof field !== 'string' || typeof options?.into !== 'string') {
    throw new LockstepError('LS-2002', 'moveToSubcollection needs a pattern, a field, and into: a collection id', {
      hint: "write firestore.moveToSubcollection('Users/{uid}', 'workflows', { into: 'workflows' })",
    })
  }
  const parsed = { pattern, field, options: parseEntryOptions(options) }
  placesOf(parsed)
  return parsed
}

function relocationOf(places: EntryPlaces): Relocation {
  const { pattern, field } = places
  return {
    // Of a nested field the whole field at the top, to see what is in the way.
    hosts: { scope: pattern.scope, matches: (name) => pattern.match(name) !== undefined, fields: [field.slice(0, 1)] },
    satellites: places.satellites,
    direction: 'out',
    pairs: (unit) => pairsOf(places, unit),
  }
}

/** Of every entry, and of every document below that was asked for, be it born there or left behind. */
function pairsOf(places: EntryPlaces, unit: PairUnit): readonly Pair[] {
  const { field, nameOf } = places
  const host = unit.documents.get(unit.key)
  const value = host === undefined ? undefined : fieldAt(host, field)
  const entries = entriesAt(host, field)
  const born = [...unit.documents.keys()].filter((name) => name !== unit.key).map(idOf)
  const pairs = [...new Set([...Object.keys(entries), ...born])].map((key): Pair => {
    const isPossible = isKeyAndId(key)
    const entry = Object.hasOwn(entries, key) ? entries[key] : undefined
    const why = isPossible
      ? entry && problemOfEntry(entry, places.form)
      : 'a key of the map cannot be the id of a document'
    return {
      from: { name: unit.key, path: [...field, key], container: field },
      to: isPossible ? { name: nameOf(unit.key, key), path: [] } : nowhere,
      lens: documentOfEntry(key, places.form),
      obstacle: why === undefined ? undefined : { side: 'from', why },
    }
  })
  if (value === undefined || 'nullValue' in value || isMap(value)) return pairs
  const why = 'arrayValue' in value ? 'it is a list: make it a map first, by convertField' : 'it is not a map'
  const from: Place = { name: unit.key, path: field }
  return [...pairs, { from, to: nowhere, lens: documentOfEntry('', places.form), obstacle: { side: 'from', why } }]
}

function idOf(name: string): string {
  return name.slice(name.lastIndexOf('/') + 1)
}

async function inspect(relocation: Relocation, documents: DocumentReader, note: Note): Promise<void> {
  const { satellites } = relocation
  if (satellites === undefined) return
  await noteStrangers(relocation, documents, documents.scan(satellites.scope, {}, { fields: [] }), note)
}
