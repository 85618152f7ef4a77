import { Timestamp } from '@google-cloud/firestore'
import { addFieldStep } from '../../src/operations/firestore/add-field/add-field.ts'
import { convertFieldStep } from '../../src/operations/firestore/convert-field/convert-field.ts'
import { ensureIndexStep } from '../../src/operations/firestore/ensure-index/ensure-index.ts'
import { foldSubcollectionStep } from '../../src/operations/firestore/fold-subcollection/fold-subcollection.ts'
import { mergeDocumentsStep } from '../../src/operations/firestore/merge-documents/merge-documents.ts'
import { moveToSubcollectionStep } from '../../src/operations/firestore/move-to-subcollection/move-to-subcollection.ts'
import { removeFieldStep } from '../../src/operations/firestore/remove-field/remove-field.ts'
import { renameCollectionStep } from '../../src/operations/firestore/rename-collection/rename-collection.ts'
import { renameFieldStep } from '../../src/operations/firestore/rename-field/rename-field.ts'
import { splitDocumentStep } from '../../src/operations/firestore/split-document/split-document.ts'
import { transformDocumentsStep } from '../../src/operations/firestore/transform-documents/transform-documents.ts'
import { typeOf } from '../../src/operations/conversions/conversion.ts'
import type { OperationCase } from '../../src/operations/operation-case.ts'
import type { Step } from '../../src/operations/operation.ts'
import type { Fields, Value } from '../../src/stores/documents.ts'

/** Documents by name, raw. */
export type RawDocuments = Readonly<Record<string, Fields>>

export interface RawWorld {
  readonly before: RawDocuments
  readonly after: RawDocuments
  readonly completed: RawDocuments
}

/** One document's part of the world: `odd` is what it has beside what is moved, and `moved` what moves. */
export interface OddDocument {
  /** A name below `Homes/{home}/people`, the id of a document. */
  readonly id: string
  readonly odd: Fields
  readonly moved: Value
}

export interface FidelityCase extends OperationCase {
  readonly worldOf: (document: OddDocument) => RawWorld
}

const people = 'Homes/{home}/people/{id}'
const map = (fields: Fields): Value => ({ mapValue: { fields } })
const text = (stringValue: string): Value => ({ stringValue })
const int = (n: number): Value => ({ integerValue: String(n) })
/** The document above them does not exist. */
const person = (id: string): string => `Homes/missing/people/${id}`

interface Shapes {
  readonly before: Fields
  readonly after: Fields
  readonly completed?: Fields
}

/** A change of one document, whose shapes are given. */
function alone(of: (document: OddDocument) => Shapes): FidelityCase['worldOf'] {
  return (document) => {
    const { before, after, completed = after } = of(document)
    const name = person(document.id)
    return { before: { [name]: before }, after: { [name]: after }, completed: { [name]: completed } }
  }
}

function fidelity(name: string, steps: readonly Step[], worldOf: FidelityCase['worldOf']): FidelityCase {
  const nothing = { documents: {}, queries: [] }
  return {
    name,
    steps,
    worldOf,
    before: { documents: {}, sql: [] },
    after: nothing,
    others: { documents: {}, sql: [], afterDown: nothing },
  }
}

const elsewhere = (id: string): string => `Homes/missing/details/${id}`
const entry = (id: string, key: string): string => `${person(id)}/things/${key}`

const form = { key: 'key', value: 'value' } as const

const single = ['string', 'int', 'double', 'bool', 'timestamp', 'bytes', 'reference', 'geopoint'] as const

/** A field for each type of value becomes a list of it alone, and a map a list of its entries. */
function convertSteps(options: { readonly strategy?: 'beside' }): readonly Step[] {
  const strategy = (as: string) => (options.strategy === undefined ? {} : { strategy: options.strategy, as })
  return [
    ...single.map((from) =>
      convertFieldStep(people, `moved.${from}`, { from, to: 'array', ...strategy(`new.${from}`) }),
    ),
    convertFieldStep(people, 'moved.map', { from: 'map', to: 'array', ...form, ...strategy('new.map') }),
  ]
}

function converted({ odd, moved }: OddDocument, isBeside: boolean): Shapes {
  const type = typeOf(moved)
  const listed: Value = { arrayValue: { values: [moved] } }
  const isSingle = single.some((each) => each === type)
  const entry = map({ key: text('a.b'), value: moved })
  const old = { ...(isSingle ? { [type]: moved } : {}), map: map({ 'a.b': moved }) }
  const fresh = { ...(isSingle ? { [type]: listed } : {}), map: { arrayValue: { values: [entry] } } }
  const before = { ...odd, moved: map(old) }
  if (!isBeside) return { before, after: { ...odd, moved: map(fresh) } }
  return {
    before,
    after: { ...before, new: map(fresh) },
    completed: { ...odd, moved: map({}), new: map(fresh) },
  }
}

/** Maps become documents; what is none, an embedding among them, has a field to be in. */
function asDocument(value: Value): Fields {
  return 'mapValue' in value && typeOf(value) === 'map' ? value.mapValue.fields : { value }
}

/** Between a field and its subcollection, the same both ways round. */
function entriesOf({ id, odd, moved }: OddDocument): { readonly inside: RawDocuments; readonly outside: RawDocuments } {
  const things = { plain: moved, 'a.b `c`': map({ deep: moved }), empty: map({}) }
  return {
    inside: { [person(id)]: { ...odd, things: map(things) } },
    outside: {
      [person(id)]: odd,
      [entry(id, 'plain')]: { key: text('plain'), ...asDocument(moved) },
      [entry(id, 'a.b `c`')]: { key: text('a.b `c`'), deep: moved },
      [entry(id, 'empty')]: { key: text('empty') },
    },
  }
}

/** Firestore keeps microseconds of it. */
const nanoseconds = new Timestamp(5, 123_456_789)

export const fidelityCases: readonly FidelityCase[] = [
  fidelity(
    'addField',
    [addFieldStep(people, { added: nanoseconds, 'box.`new.one`': true })],
    alone(({ odd, moved }) => ({
      before: { ...odd, box: map({ moved }) },
      after: {
        ...odd,
        added: { timestampValue: '1970-01-01T00:00:05.123456Z' },
        box: map({ moved, 'new.one': { booleanValue: true } }),
      },
    })),
  ),
  fidelity(
    'removeField',
    [removeFieldStep(people, ['moved', 'box.`a.b`', 'list[].moved'])],
    alone(({ odd, moved }) => {
      const list: Value = { arrayValue: { values: [map({ moved, kept: moved }), text('not a map')] } }
      const before = { ...odd, moved, box: map({ 'a.b': moved, kept: moved }), list }
      const kept: Value = { arrayValue: { values: [map({ kept: moved }), text('not a map')] } }
      return { before, after: before, completed: { ...odd, box: map({ kept: moved }), list: kept } }
    }),
  ),
  fidelity(
    'renameField',
    [
      renameFieldStep(people, 'moved', 'new.`a.b`'),
      renameFieldStep(people, 'list[].old', 'list[].young'),
      renameFieldStep(people, 'box.*.old', 'box.*.young'),
    ],
    alone(({ odd, moved }) => {
      const around = (fields: Fields): Fields => ({
        list: { arrayValue: { values: [map({ ...fields, kept: moved }), int(1)] } },
        box: map({ 'a.b': map({ ...fields, kept: moved }), plain: moved }),
      })
      return {
        before: { ...odd, moved, ...around({ old: moved }) },
        after: { ...odd, moved, new: map({ 'a.b': moved }), ...around({ old: moved, young: moved }) },
        completed: { ...odd, new: map({ 'a.b': moved }), ...around({ young: moved }) },
      }
    }),
  ),
  fidelity(
    'convertField in place',
    convertSteps({}),
    alone((document) => converted(document, false)),
  ),
  fidelity(
    'convertField beside',
    convertSteps({ strategy: 'beside' }),
    alone((document) => converted(document, true)),
  ),
  fidelity(
    'moveToSubcollection',
    [moveToSubcollectionStep(people, 'things', { into: 'things', ...form })],
    (document) => {
      const { inside, outside } = entriesOf(document)
      return { before: inside, after: { ...outside, ...inside }, completed: outside }
    },
  ),
  fidelity('foldSubcollection', [foldSubcollectionStep(people, 'things', { into: 'things', ...form })], (document) => {
    const { inside, outside } = entriesOf(document)
    return { before: outside, after: { ...outside, ...inside }, completed: inside }
  }),
  fidelity('renameCollection', [renameCollectionStep(people, 'Homes/{home}/persons/{id}')], ({ id, odd, moved }) => {
    const before = { [person(id)]: odd, [`${person(id)}/notes/first`]: { moved }, [`${person(id)}/gone/x/deep/y`]: odd }
    const renamed = Object.fromEntries(
      Object.entries(before).map(([name, fields]) => [name.replace('/people/', '/persons/'), fields]),
    )
    return { before, after: { ...before, ...renamed }, completed: renamed }
  }),
  fidelity(
    'splitDocument',
    [splitDocumentStep(people, { into: 'Homes/{home}/details/{id}', fields: { moved: 'taken', 'box.`a.b`': 'box' } })],
    ({ id, odd, moved }) => {
      const before = { ...odd, moved, box: map({ 'a.b': moved, kept: moved }) }
      const part = { [elsewhere(id)]: { taken: moved, box: moved } }
      return {
        before: { [person(id)]: before },
        after: { [person(id)]: before, ...part },
        completed: { [person(id)]: { ...odd, box: map({ kept: moved }) }, ...part },
      }
    },
  ),
  fidelity(
    'mergeDocuments',
    [mergeDocumentsStep('Homes/{home}/details/{id}', { into: people, as: 'details' })],
    ({ id, odd, moved }) => {
      const source = { [elsewhere(id)]: { moved, box: map({ 'a.b': moved }) } }
      const whole = { [person(id)]: { ...odd, details: map({ moved, box: map({ 'a.b': moved }) }) } }
      return { before: { [person(id)]: odd, ...source }, after: { ...whole, ...source }, completed: whole }
    },
  ),
  fidelity(
    'transformDocuments',
    [
      transformDocumentsStep(people, {
        up: (document) => ({ ...document, list: [...listOf(document), 'new'], changed: nanoseconds }),
        down: (document) => ({ ...document, list: listOf(document).slice(0, -1), changed: false }),
        marker: { field: 'shape', value: 2 },
      }),
    ],
    alone(({ odd, moved }) => {
      const list = (...rest: readonly Value[]): Value => ({ arrayValue: { values: [map({ moved }), ...rest] } })
      return {
        before: { ...odd, moved, list: list() },
        after: {
          ...odd,
          moved,
          list: list(text('new')),
          changed: { timestampValue: '1970-01-01T00:00:05.123456Z' },
          shape: int(2),
        },
      }
    }),
  ),
  fidelity(
    'ensureIndex',
    [ensureIndexStep('people', { fields: ['moved', 'odd'] })],
    alone(({ odd, moved }) => ({ before: { ...odd, moved }, after: { ...odd, moved } })),
  ),
]

function listOf({ list }: Record<string, unknown>): readonly unknown[] {
  return Array.isArray(list) ? list : []
}
