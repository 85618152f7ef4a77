import type { Value } from '../../src/stores/documents.ts'
import type { Random } from './seeded.ts'
import { fieldsOf } from './shape-model.ts'
import type { Kind, Shape, Spot, State } from './shape-model.ts'
import { changed, int, map, rareFields, text } from './shape-values.ts'

/** Fields of a document that no step touches, as one part: clients of both shapes write them. */
function restSpots(name: string, { rest }: State): readonly Spot[] {
  if (rest === undefined) return []
  return Object.entries(fieldsOf(rest)).map(([key, value]) => ({ part: 'rest', name, path: [key], value }))
}

const rest = (random: Random, n: number): Value => map(rareFields(random, n))
/** Another value of a part, or the first. */
const renewed = (value: Value | undefined, random: Random, n: number): Value =>
  value === undefined ? rest(random, n) : changed(value, n)
const second = (name: string): string => name.split('/').slice(0, 2).join('/')
const numberOf = (value: Value | undefined): number =>
  value !== undefined && 'integerValue' in value ? Number(value.integerValue) : 0

/** Documents of one collection in which a part, a number, is written one way by old clients and another by new ones. */
function inOneDocument(
  options: Omit<Kind, 'roots' | 'pattern' | 'idOf' | 'spots' | 'birth' | 'change'> & {
    readonly collection: string
    readonly places: (shape: Shape, value: number) => readonly (readonly [path: readonly string[], value: Value])[]
    /** The part may be absent. */
    readonly optional?: boolean
  },
): Kind {
  const { collection, places, optional = false, ...kind } = options
  return {
    ...kind,
    roots: [collection],
    pattern: `${collection}/{id}`,
    idOf: (name) => name,
    spots: (shape, name, state) => {
      const { it } = state
      const spots = it === undefined ? [] : places(shape, numberOf(it))
      return [...spots.map(([path, value]) => ({ part: 'it', name, path, value })), ...restSpots(name, state)]
    },
    birth: (random, n) => ({ it: int(n), rest: rest(random, n) }),
    change(random, n, { it, ...others }) {
      const kept = it === undefined ? {} : { it }
      if (random() < 0.3) return { ...others, ...kept, rest: renewed(others['rest'], random, n) }
      return optional && random() < 0.2 ? others : { ...others, it: int(n) }
    },
  }
}

const renamed = inOneDocument({
  name: 'renameField',
  recurring: true,
  collection: 'Renamed',
  step: `firestore.renameField('Renamed/{id}', 'profile.nick', 'contact.name')`,
  places: (shape, n) => [[shape === 'old' ? ['profile', 'nick'] : ['contact', 'name'], text(`n${n}`)]],
  optional: true,
  containers: [['profile'], ['contact']],
})

const day = (n: number): string => new Date(Date.UTC(2000, 0, 1 + n)).toISOString().slice(0, 10)

const dated: Kind = inOneDocument({
  name: 'convertField in place',
  collection: 'Dated',
  inPlace: true,
  step: `firestore.convertField('Dated/{id}', 'date', { from: 'string', to: 'timestamp', format: 'DD/MM/YYYY', zone: 'UTC' })`,
  places: (shape, n) => [
    [
      ['date'],
      shape === 'old' ? text(day(n).split('-').toReversed().join('/')) : { timestampValue: `${day(n)}T00:00:00Z` },
    ],
  ],
  optional: true,
})

const priced: Kind = inOneDocument({
  name: 'convertField by marker',
  collection: 'Priced',
  inPlace: true,
  step: `firestore.convertField('Priced/{id}', 'price', { ...cents, marker: { field: 'shape', value: 2 } })`,
  places: (shape, n) =>
    shape === 'old'
      ? [[['price'], int(n * 100)]]
      : [
          [['price'], int(n)],
          [['shape'], int(2)],
        ],
  wholeOnly: ['old'],
  marker: { part: 'it', path: ['shape'] },
})

const beside: Kind = inOneDocument({
  name: 'convertField beside',
  recurring: true,
  gaps: true,
  collection: 'Beside',
  step: `firestore.convertField('Beside/{id}', 'cents', { ...cents, strategy: 'beside', as: 'euros' })`,
  places: (shape, n) => [shape === 'old' ? [['cents'], int(n * 100)] : [['euros'], int(n)]],
  optional: true,
})

const transformed: Kind = inOneDocument({
  name: 'transformDocuments',
  collection: 'Transformed',
  inPlace: true,
  step: `firestore.transformDocuments('Transformed/{id}', { ...orders, marker: { field: 'version', value: 2 } })`,
  places: (shape, n) =>
    shape === 'old'
      ? [[['total'], int(n)]]
      : [
          [['amount'], map({ value: int(n), currency: text('EUR') })],
          [['version'], int(2)],
        ],
  wholeOnly: ['old', 'new'],
})

const removed: Kind = inOneDocument({
  name: 'removeField',
  collection: 'Removed',
  step: `firestore.removeField('Removed/{id}', 'debug')`,
  places: (shape, n) => (shape === 'old' ? [[['debug'], map({ n: int(n) })]] : []),
  optional: true,
})

const language = (value: Value, name: string): Spot => ({ part: 'language', name, path: ['language'], value })

/** New clients write the field in every phase, old ones lose it with each document they write whole. */
const added: Kind = {
  name: 'addField',
  step: `firestore.addField('Added/{id}', { language: 'en' })`,
  pattern: 'Added/{id}',
  roots: ['Added'],
  idOf: (name) => name,
  spots: (shape, name, state) => [
    ...(state['language'] === undefined ? [] : [language(state['language'], name)]),
    ...(state['language'] === undefined && shape === 'new'
      ? [{ ...language(text('en'), name), implied: true as const }]
      : []),
    ...restSpots(name, state),
  ],
  birth: (random, n) => ({ rest: rest(random, n) }),
  change: (random, n, state) =>
    random() < 0.4 ? { ...state, language: text(`l${n}`) } : { ...state, rest: renewed(state['rest'], random, n) },
  unknownToOld: ['language'],
  unknown: [{ path: ['language'], value: text('en') }],
}

/** Entries of a map in a document, and documents below it. */
function inEntries(name: string, collection: string, step: string, mapped: Shape): Kind {
  const below = (id: string, key: string): string => `${id}/items/${key}`
  const spot = (shape: Shape, id: string, key: string, value: Value): Spot =>
    shape === mapped
      ? { part: key, name: id, path: ['items', key], value }
      : {
          part: key,
          name: below(id, key),
          path: [],
          value: mapped === 'old' ? map({ ...fieldsOf(value), name: text(key) }) : value,
        }
  const keys = ['agent', 'a.b ü', '42'] as const
  return {
    name,
    recurring: true,
    step,
    pattern: `${collection}/{id}`,
    roots: [collection],
    idOf: second,
    spots: (shape, id, state) => [
      ...Object.entries(state).flatMap(([key, value]) => (key === 'rest' ? [] : [spot(shape, id, key, value)])),
      ...restSpots(id, state),
    ],
    birth: (random, n) => ({
      ...Object.fromEntries(keys.filter(() => random() < 0.7).map((key) => [key, rest(random, n)])),
      rest: rest(random, n),
    }),
    change(random, n, state) {
      if (random() < 0.2) return { ...state, rest: renewed(state['rest'], random, n) }
      const key = random() < 0.3 ? `k${n}` : (keys[Math.floor(random() * keys.length)] ?? keys[0])
      const { [key]: was, ...others } = state
      return was !== undefined && random() < 0.3 ? others : { ...state, [key]: renewed(was, random, n) }
    },
    containers: [['items']],
  }
}

const moved = inEntries(
  'moveToSubcollection',
  'Moved',
  `firestore.moveToSubcollection('Moved/{id}', 'items', { into: 'items', key: 'name' })`,
  'old',
)

const folded = inEntries(
  'foldSubcollection',
  'Folded',
  `firestore.foldSubcollection('Folded/{id}', 'items', { into: 'items' })`,
  'new',
)

/** A document, or none, with documents at two depths below it. */
const relocated: Kind = {
  name: 'renameCollection',
  recurring: true,
  step: `firestore.renameCollection('Whatsapp_Data/{uid}', 'whatsapp/{uid}')`,
  pattern: 'Whatsapp_Data/{uid}',
  roots: ['Whatsapp_Data', 'whatsapp'],
  idOf: (name) => name.split('/')[1] ?? '',
  spots: (shape, id, state) =>
    Object.entries(state).map(([part, value]) => ({
      part,
      name: `${shape === 'old' ? 'Whatsapp_Data' : 'whatsapp'}/${id}${part}`,
      path: [],
      value,
    })),
  birth: (random, n) => {
    const parts = ['', '/chats/1', '/chats/1/messages/a', '/chats/2/messages/b'].filter(() => random() < 0.6)
    return Object.fromEntries([...parts, '/chats/3'].map((part) => [part, rest(random, n)]))
  },
  change(random, n, state) {
    const part = random() < 0.3 ? `/chats/1/messages/k${n}` : Object.keys(state)[Math.floor(random() * 4)]
    if (part === undefined) return { ...state, '/chats/3': renewed(state['/chats/3'], random, n) }
    const { [part]: was, ...others } = state
    return was !== undefined && Object.keys(others).length > 0 && random() < 0.3
      ? others
      : { ...state, [part]: renewed(was, random, n) }
  },
}

/** Fields of a document that get one of their own. */
const split: Kind = {
  name: 'splitDocument',
  recurring: true,
  step: `firestore.splitDocument('Split/{id}', { into: 'Contacts/{id}', fields: { contactName: 'name', phone: 'phone' } })`,
  pattern: 'Split/{id}',
  newNames: { contactName: 'name' },
  roots: ['Split', 'Contacts'],
  idOf: (name) => name.split('/')[1] ?? '',
  spots: (shape, id, state) => {
    const contact = Object.entries(fieldsOf(state['contact']))
    const value = map(Object.fromEntries(contact.map(([key, inner]) => [split.newNames?.[key] ?? key, inner])))
    return [
      ...(shape === 'new' && contact.length > 0 ? [{ part: 'contact', name: `Contacts/${id}`, path: [], value }] : []),
      ...(shape === 'old'
        ? contact.map(([key, inner]) => ({ part: 'contact', name: `Split/${id}`, path: [key], value: inner }))
        : []),
      ...restSpots(`Split/${id}`, state),
    ]
  },
  birth: (random, n) => ({ contact: contactOf(n), rest: rest(random, n) }),
  change: (random, n, state) =>
    random() < 0.3 ? { ...state, rest: renewed(state['rest'], random, n) } : { ...state, contact: contactOf(n) },
}

function contactOf(n: number): Value {
  return map({
    contactName: text(`c${n}`),
    phone: map({ parts: { arrayValue: { values: [int(n), { doubleValue: 5 }] } } }),
  })
}

/** Documents that become a map of another. */
const merged: Kind = {
  name: 'mergeDocuments',
  recurring: true,
  step: `firestore.mergeDocuments('Profiles/{id}', { into: 'Merged/{id}', as: 'profile' })`,
  pattern: 'Profiles/{id}',
  roots: ['Profiles', 'Merged'],
  idOf: (name) => name.split('/')[1] ?? '',
  spots: (shape, id, state) => {
    const { profile } = state
    const place = shape === 'old' ? { name: `Profiles/${id}`, path: [] } : { name: `Merged/${id}`, path: ['profile'] }
    return [
      ...(profile === undefined ? [] : [{ part: 'profile', ...place, value: profile }]),
      ...restSpots(`Merged/${id}`, state),
    ]
  },
  birth: (random, n) => ({ profile: rest(random, n), rest: rest(random, n) }),
  change(random, n, { profile, ...others }) {
    const kept = profile === undefined ? {} : { profile }
    if (random() < 0.3) return { ...others, ...kept, rest: renewed(others['rest'], random, n) }
    return random() < 0.2 ? others : { ...others, profile: renewed(profile, random, n) }
  },
}

/** One kind for each operation. */
export const kinds: readonly Kind[] = [
  renamed,
  dated,
  priced,
  beside,
  transformed,
  removed,
  added,
  moved,
  folded,
  relocated,
  split,
  merged,
]
