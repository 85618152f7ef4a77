import { LockstepError } from '../../../kernel/errors.ts'
import { askedKeys, parseEntryOptions, parseEntryPlaces } from '../../entry-places.ts'
import type { EntryOptions, EntryPlaces } from '../../entry-places.ts'
import { entriesAt, entryAlone, entryOfDocument, idOf, isKeyAndId } from '../../map-entries.ts'
import { topFields } from '../../moved-fields.ts'
import type { Step } from '../../operation.ts'
import { nowhere } from '../../pair-rules.ts'
import type { Pair, Place } from '../../pair-rules.ts'
import { defineRelocation } from '../../relocation-operation.ts'
import type { PairUnit, Relocation } from '../../relocation.ts'
import { inspectFold } from './inspect-fold.ts'

export interface FoldSubcollectionOptions extends EntryOptions {
  /** The map field, which may lie in other maps. */
  readonly into: string
}

export interface FoldSubcollectionSpec {
  readonly pattern: string
  readonly collection: string
  readonly options: FoldSubcollectionOptions
}

/** Makes the documents of a subcollection entries of a map field of the document above, each under its id. */
export function foldSubcollectionStep(
  pattern: string,
  collection: string,
  options: FoldSubcollectionOptions,
): Step<FoldSubcollectionSpec> {
  return Object.freeze({ kind: 'foldSubcollection', spec: Object.freeze({ pattern, collection, options }) })
}

export const foldSubcollection = defineRelocation<FoldSubcollectionSpec>({
  kind: 'foldSubcollection',
  summary: 'Makes the documents of a subcollection entries of a map; both are kept in step until the documents go',
  parse: parseSpec,
  describe(spec) {
    const places = placesOf(spec)
    const relocation = relocationOf(places)
    const { into, check = 'full' } = spec.options
    return {
      relocation,
      summary: `fold the subcollection ${spec.collection} of ${spec.pattern} into ${into}`,
      removal: 'documents deleted',
      check,
      refusesAlone: true,
      inspect: (documents, note) => inspectFold({ places, relocation, check }, documents, note),
      warnings: [],
      basis: { pattern: spec.pattern, collection: spec.collection, into, form: { ...places.form } },
    }
  },
  shape(spec) {
    const { pattern, children, field, form } = placesOf(spec)
    const { text: to } = pattern
    return [{ change: 'move', from: children.text, to, what: 'entries', inward: true, path: field, ...form }]
  },
})

function placesOf({ pattern, collection, options }: FoldSubcollectionSpec): EntryPlaces {
  return parseEntryPlaces(pattern, options.into, collection, options)
}

function parseSpec(spec: unknown): FoldSubcollectionSpec {
  const { pattern, collection, options } = spec as Partial<FoldSubcollectionSpec>
  if (typeof pattern !== 'string' || typeof collection !== 'string' || typeof options?.into !== 'string') {
    throw new LockstepError('LS-2002', 'foldSubcollection needs a pattern, a collection id, and into: a field', {
      hint: "write firestore.foldSubcollection('Users/{uid}', 'workflows', { into: 'workflows' })",
    })
  }
  const parsed = { pattern, collection, options: parseEntryOptions(options) }
  placesOf(parsed)
  return parsed
}

function relocationOf(places: EntryPlaces): Relocation {
  const { pattern, children, satellites, field } = places
  return {
    hosts: {
      scope: pattern.scope,
      matches: (name) => pattern.match(name) !== undefined,
      // Whole, since documents that are missing are created, and go again on the way back.
      fields: undefined,
      copied: topFields([field]),
    },
    satellites,
    direction: 'in',
    container: field,
    unmovable: ({ name }) =>
      children.match(name) === undefined || isKeyAndId(idOf(name)) ? undefined : 'its id cannot be the key of a map',
    pairs: (unit) => pairsOf(places, unit),
  }
}

/** Of entries and their documents, and of every entry that can have none. */
function pairsOf({ field, nameOf, form }: EntryPlaces, unit: PairUnit): readonly Pair[] {
  const { key: host, documents } = unit
  const entries = entriesAt(documents.get(host), field)
  const placeOf = (key: string): Place => ({ name: host, path: [...field, key], container: field })
  const both = askedKeys(unit, entries).filter(isKeyAndId)
  const lone = Object.keys(entries).filter((key) => !isKeyAndId(key))
  return [
    ...both.map((key) => {
      const from = { name: nameOf(host, key), path: [] }
      return { from, to: placeOf(key), lens: entryOfDocument(key, form), shared: true }
    }),
    ...lone.map((key) => ({ from: nowhere, to: placeOf(key), lens: entryAlone, shared: true })),
  ]
}
