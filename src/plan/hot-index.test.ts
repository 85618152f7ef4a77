import { describe, expect, it } from 'vitest'
import type { HotField } from '../operations/hot-fields.ts'
import { noIndexSettings, parseIndexSettings } from '../operations/index-settings.ts'
import type { ShapeChange } from '../operations/shape-change.ts'
import { hotIndexWarnings } from './hot-index.ts'
import type { HeatFacts } from './hot-index.ts'

const pattern = 'Users/{uid}/chats/{id}'
const text = { stringValue: 'en' }
const add: ShapeChange = { change: 'add', pattern, path: ['language'], default: text, queried: false }
const marker = { path: ['meta', 'v'], value: { integerValue: '2' } }
const transform: ShapeChange = { change: 'transform', pattern, marker }
const conversion = { from: 'int', to: 'int' } as const
const convert: ShapeChange = { change: 'convert', pattern, path: ['a'], to: ['a'], conversion, custom: true, marker }

function warned(change: ShapeChange, facts: Partial<HeatFacts> = {}): readonly string[] {
  const usual = { hot: [], writes: 200_000, mostWrites: undefined, settings: noIndexSettings, migration: [] }
  return hotIndexWarnings({ changes: [change], ...usual, ...facts }).map(({ hint }) => hint)
}

function exempting(...fields: readonly string[]): HeatFacts['settings'] {
  const fieldOverrides = fields.map((fieldPath) => ({ collectionGroup: 'chats', fieldPath, indexes: [] }))
  return parseIndexSettings(JSON.stringify({ fieldOverrides }), 'firestore.indexes.json')
}

describe('one value for very many documents', () => {
  it.each([
    ['a default', add, 'language'],
    ['the marker of a conversion', convert, 'meta.v'],
    ['the marker of free code', transform, 'meta.v'],
  ] as const)('%s is told, with the exemption to add', (_, change, field) => {
    const [hint = ''] = warned(change)
    expect(hint).toContain(`firestore.ensureIndex('chats', { field: "${field}", indexes: [] })`)
    expect(hint).toContain(`{"collectionGroup":"chats","fieldPath":"${field}","indexes":[]}`)
  })

  it('has nothing to exempt where the app queries by it: the pace is what helps', () => {
    const [hint = ''] = warned({ ...add, queried: true })
    expect(hint).toContain('writesPerSecond: 500')
    expect(hint).not.toContain('ensureIndex')
  })

  it.each<[string, ShapeChange, Partial<HeatFacts>]>([
    ['few documents', add, { writes: 150_000 }],
    ['a pace that is slow enough', add, { mostWrites: 500 }],
    ['an exemption in the file', add, { settings: exempting('language') }],
    ['one of the map around it', transform, { settings: exempting('meta') }],
    ['one of every field', convert, { settings: exempting('*') }],
    ['a step that exempts it', add, { migration: [{ change: 'exempt', collection: 'chats', path: ['language'] }] }],
    ['what a function computes and is seen to differ', { ...add, default: undefined }, {}],
    ['a map without members', { ...add, default: { mapValue: { fields: {} } } }, {}],
    [
      'a conversion without a marker',
      { change: 'convert', pattern, path: ['a'], to: ['b'], conversion, custom: true },
      {},
    ],
    ['values that are in the documents already', { change: 'rename', pattern, path: ['a'], to: ['b'] }, {}],
  ])('%s is no warning', (_, change, facts) => {
    expect(warned(change, facts)).toEqual([])
  })

  it('is told of a map for each of its members that is not exempt', () => {
    const change: ShapeChange = { ...add, default: { mapValue: { fields: { a: text, b: text } } } }
    expect(warned(change, { settings: exempting('language.a') })).toHaveLength(1)
    expect(warned(change, { settings: exempting('language.a', 'language.b') })).toEqual([])
  })

  it('is told where another collection is exempt', () => {
    const migration: readonly ShapeChange[] = [{ change: 'exempt', collection: 'Users', path: ['language'] }]
    expect(warned(add, { migration })).toHaveLength(1)
  })

  it('is told of what was seen to rise, or to be the same, once and unless it is exempt', () => {
    const seen = (values: HotField['values'], path = ['at']): HotField => ({ collection: 'chats', path, values })
    const computed: ShapeChange = { ...add, default: undefined }
    const [message = ''] = hotIndexWarnings({ ...facts, changes: [computed], hot: [seen('rising values')] }).map(textOf)
    expect(message).toContain('at gets values that rise or fall with the names')
    expect(hotIndexWarnings({ ...facts, changes: [computed], hot: [seen('one value')] }).map(textOf)).toEqual([
      expect.stringContaining('at gets one value'),
    ])
    expect(hotIndexWarnings({ ...facts, changes: [add], hot: [seen('one value', ['language'])] })).toHaveLength(1)
    expect(hotIndexWarnings({ ...facts, hot: [seen('one value')], settings: exempting('at') })).toEqual([])
  })
})

const facts: HeatFacts = {
  changes: [],
  hot: [],
  writes: 200_000,
  mostWrites: undefined,
  settings: noIndexSettings,
  migration: [],
}

const textOf = ({ message }: { readonly message: string }): string => message
