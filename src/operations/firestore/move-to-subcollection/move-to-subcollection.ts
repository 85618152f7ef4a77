import { LockstepError } from '../../../kernel/errors.ts'
import type { Document, FieldPath } from '../../../stores/documents.ts'
import { askedKeys, parseEntryOptions, parseEntryPlaces } from '../../entry-places.ts'
import type { EntryOptions, EntryPlaces } from '../../entry-places.ts'
import { fieldAt, printFieldPath } from '../../field-path.ts'
import { lonePlaces, withWarnings } from '../../lone-places.ts'
import { documentOfEntry, entriesAt, isKeyAndId, isMap } from '../../map-entries.ts'
import type { Step } from '../../operation.ts'
import type { Pair } from '../../pair-rules.ts'
import { defineRelocation, sampleSize } from '../../relocation-operation.ts'
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

const listed = 'the field is a list'

const moving = defineRelocation<MoveToSubcollectionSpec>({
  kind: 'moveToSubcollection',
  summary: 'Makes the entries of a map documents of a subcollection; both are kept in step until the map goes',
  parse: parseSpec,
  describe(spec) {
    const places = placesOf(spec)
    const { into, check } = spec.options
    return {
      relocation: relocationOf(places),
      summary: `move the entries of ${spec.field} in ${spec.pattern} to the subcollection ${into}`,
      field: places.field,
      removal: 'fields removed',
      check: check ?? 'full',
      hintOf: (why) => (why === listed ? 'make it a map first: convertField, in a migration of its own' : undefined),
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

export const moveToSubcollection = withWarnings(moving, (spec, { documents }) => {
  const most = spec.options.check === 'sample' ? sampleSize : Infinity
  return lonePlaces(relocationOf(placesOf(spec)), documents, { most, fields: [] })
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
  const { pattern, field, satellites } = places
  const matches = (name: string): boolean => pattern.match(name) !== undefined
  return {
    // Of a nested field the whole field at the top, to see what is in the way.
    hosts: { scope: pattern.scope, matches, fields: [field.slice(0, 1)] },
    satellites,
    direction: 'out',
    unmovable: (host) => (matches(host.name) ? problemOf(host, field) : undefined),
    pairs: (unit) => pairsOf(places, unit),
  }
}

function problemOf(host: Document, field: FieldPath): string | undefined {
  const value = fieldAt(host, field)
  if (value === undefined || 'nullValue' in value) return undefined
  if (!isMap(value)) return 'arrayValue' in value ? listed : `${printFieldPath(field)} is not a map`
  return Object.keys(value.mapValue.fields).every(isKeyAndId)
    ? undefined
    : `a key of ${printFieldPath(field)} cannot be the id of a document`
}

function pairsOf({ field, nameOf, form }: EntryPlaces, unit: PairUnit): readonly Pair[] {
  const { key: host, documents } = unit
  return askedKeys(unit, entriesAt(documents.get(host), field)).map((key) => ({
    from: { name: host, path: [...field, key], container: field },
    to: { name: nameOf(host, key), path: [] },
    lens: documentOfEntry(key, form),
  }))
}
