import { describe, expect, it } from 'vitest'
import type { Document, Fields, Value } from '../stores/documents.ts'
import type { DocumentImage } from './document-hands.ts'
import { identity } from './pair-rules.ts'
import type { Pair } from './pair-rules.ts'
import { editsOf } from './relocate.ts'
import type { PairUnit, Relocation } from './relocation.ts'

const text = (stringValue: string): Value => ({ stringValue })
const map = (fields: Fields): Value => ({ mapValue: { fields } })

/** The entries x and y of a map, and their documents: `out` to these, `in` from these. */
function relocation(direction: 'out' | 'in', fields?: readonly (readonly string[])[]): Relocation {
  const pair = (key: string): Pair => {
    const entry = { name: 'Users/a', path: ['map', key], container: ['map'] }
    const child = { name: `Users/a/map/${key}`, path: [] }
    return direction === 'out'
      ? { from: entry, to: child, lens: identity }
      : { from: child, to: entry, lens: identity, shared: true }
  }
  const scope = { parent: '', collection: 'Users', descendants: false }
  return {
    hosts: { scope, matches: (name) => name === 'Users/a', fields },
    satellites: {
      scope,
      hostOf: (name) => (name === 'Users/a' ? undefined : 'Users/a'),
      namesIn: () => [],
    },
    direction,
    pairs: () => [pair('x'), pair('y')],
  }
}

function unit(documents: Readonly<Record<string, Fields>>, images: readonly DocumentImage[] = []): PairUnit {
  const found = Object.entries(documents).map(([name, fields]): Document => ({
    name,
    fields,
    updateTime: '1',
    createTime: '1',
  }))
  return {
    key: 'Users/a',
    names: ['Users/a', 'Users/a/map/x', 'Users/a/map/y'],
    documents: new Map(found.map((document) => [document.name, document])),
    images,
  }
}

function created(name: string, fields: Fields): DocumentImage {
  return { name, unit: 'Users/a', version: undefined, before: [[[], null]], after: [[[], map(fields)]], made: [] }
}

const silent = { add: () => undefined, tell: () => undefined }

describe('carry', () => {
  it('makes a document of an entry that is an empty map', () => {
    const edits = editsOf(relocation('out'), unit({ 'Users/a': { map: map({ x: map({}) }) } }), 'carry', silent)
    expect(edits).toMatchObject([{ op: 'create', name: 'Users/a/map/x', fields: {} }])
  })

  it('takes along the map and the document that we made for an entry that others deleted', () => {
    const fields = { map: map({ x: map({ n: text('1') }) }) }
    const images = [created('Users/a', fields)]
    const whole = editsOf(relocation('in'), unit({ 'Users/a': fields }, images), 'carry', silent)
    expect(whole).toMatchObject([{ op: 'delete', document: { name: 'Users/a' } }])
    const partly = editsOf(relocation('in', [['map']]), unit({ 'Users/a': fields }, images), 'carry', silent)
    expect(partly).toMatchObject([{ op: 'patch', changes: [{ path: ['map'], value: undefined }] }])
  })

  it('writes again what a client of the old shape has written over with the whole host', () => {
    const child = { n: text('1') }
    const images = [created('Users/a', { map: map({ x: map(child), y: map(child) }) })]
    const world = { 'Users/a': { map: map({ y: map(child) }) }, 'Users/a/map/x': child, 'Users/a/map/y': child }
    const edits = editsOf(relocation('in'), unit(world, images), 'carry', silent)
    expect(edits).toMatchObject([{ op: 'patch', changes: [{ path: ['map', 'x'], value: map(child) }] }])
  })

  it('removes what others deleted, but not once they write the new place alone', () => {
    const images = [created('Users/a/map/x', { n: text('1') })]
    const over = unit({ 'Users/a': {}, 'Users/a/map/x': { n: text('1') } }, images)
    expect(editsOf(relocation('out'), over, 'carry', silent)).toMatchObject([{ op: 'delete' }])
    expect(editsOf(relocation('out'), over, 'trail', silent)).toEqual([])
  })
})

describe('back', () => {
  it('leaves in the new place, and tells of, what the old one has no room for', () => {
    const told: string[] = []
    const large = { t: text('x'.repeat(600_000)) }
    const world = { 'Users/a': { map: map({ x: map(large) }) }, 'Users/a/map/x': large, 'Users/a/map/y': large }
    const notes = { add: (name: string, why: string) => void told.push(`${name}: ${why}`), tell: () => undefined }
    expect(editsOf(relocation('out'), unit(world), 'restore', notes)).toEqual([])
    expect(told).toEqual(['Users/a: it would be larger than 1 MiB, and stays as it is'])
  })

  it('takes away what was merged into the old place, and leaves what clashed', () => {
    const images = [created('Users/a/map/x', { n: text('1'), m: text('1') })]
    const merged = { n: text('2'), m: text('2') }
    const world = (own: Fields): PairUnit =>
      unit({ 'Users/a': { map: map({ x: map(merged) }) }, 'Users/a/map/x': own }, images)
    const clean = editsOf(relocation('out'), world({ n: text('1'), m: text('2') }), 'retire', silent)
    expect(clean).toMatchObject([{ op: 'delete', document: { name: 'Users/a/map/x' } }])
    expect(editsOf(relocation('out'), world({ n: text('3'), m: text('2') }), 'retire', silent)).toEqual([])
  })
})
