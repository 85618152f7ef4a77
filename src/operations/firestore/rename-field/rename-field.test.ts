import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createFirestoreServer } from '../../../local/firestore/server.ts'
import type { FirestoreServer } from '../../../local/firestore/server.ts'
import type { DocumentWriter, FieldPath, Fields, Value } from '../../../stores/documents.ts'
import { createFirestoreDocuments } from '../../../stores/firestore/firestore-documents.ts'
import { encodeValue } from '../../../stores/values.ts'
import type { DocumentHands } from '../../document-hands.ts'
import type { Finding, Look } from '../../operation.ts'
import { renameField, renameFieldStep } from './rename-field.ts'
import type { RenameFieldSpec } from './rename-field.ts'

let server: FirestoreServer
let documents: DocumentWriter
/** The projections of every scan and of every document that is read by its name. */
let read: (readonly FieldPath[] | undefined)[]
let look: Look
let told: string[]

beforeAll(async () => {
  server = await createFirestoreServer()
  documents = await createFirestoreDocuments({ projectId: 'demo-rename-field', emulatorHost: server.host })
})

afterAll(async () => {
  await documents.close()
  await server.close()
})

beforeEach(async () => {
  await server.reset()
  read = []
  told = []
  const spied: Look['documents'] = {
    ...documents,
    scan(scope, range, options) {
      read.push(options?.fields)
      return documents.scan(scope, range, options)
    },
    get(names, fields) {
      read.push(fields)
      return documents.get(names, fields)
    },
  }
  look = { documents: spied, tables: { target: none, read: none } as never, fleet: none }
})

const none = (): never => {
  throw new Error('renameField looks only at the documents')
}

async function put(world: Readonly<Record<string, Fields>>): Promise<void> {
  const writes = Object.entries(world).map(([name, fields]) => ({
    op: 'put' as const,
    name,
    fields,
    expect: 'any' as const,
  }))
  expect((await documents.write(writes)).filter(({ ok }) => !ok)).toEqual([])
}

async function fill(world: Readonly<Record<string, Readonly<Record<string, unknown>>>>): Promise<void> {
  const encode = (fields: Readonly<Record<string, unknown>>): Fields =>
    Object.fromEntries(Object.entries(fields).map(([key, value]) => [key, encodeValue(value)]))
  await put(Object.fromEntries(Object.entries(world).map(([name, fields]) => [name, encode(fields)])))
}

function specOf(from: string, to: string, pattern = 'Users/{uid}'): RenameFieldSpec {
  return renameField.parse(renameFieldStep(pattern, from, to).spec)
}

/** Works one act over all documents, writing at once; nothing is remembered. */
async function work(spec: RenameFieldSpec, act: 'carry' | 'remove' | 'retire'): Promise<number> {
  let changed = 0
  const hands: DocumentHands = {
    documents: look.documents,
    rewrite: none,
    async settle({ units, edits }) {
      for (const unit of units) {
        for (const edit of await edits(unit)) {
          if (edit.op !== 'patch') throw new Error('documents stay')
          changed++
          const expected = { updateTime: edit.document.updateTime }
          await documents.write([{ op: 'patch', name: edit.document.name, changes: edit.changes, expect: expected }])
        }
      }
      return { cursor: null, changed, skipped: 0, conflicts: 0 }
    },
    images: async () => new Map(),
    kept: (names, why) => void told.push(`${names.join(', ')}: ${why}`),
  }
  const { signal } = new AbortController()
  const shard = {
    spec,
    memo: null,
    phase: 'backfill' as const,
    scope: { side: 'from', act },
    cursor: undefined,
    signal,
  }
  for await (const _ of renameField.apply(shard, hands)) continue
  return changed
}

async function findings(spec: RenameFieldSpec): Promise<readonly Finding[]> {
  const scope = {
    since: undefined,
    phase: 'verify',
    level: 'full',
    memo: null,
    images: async () => new Map(),
    signal: new AbortController().signal,
  } as const
  const found: Finding[] = []
  for await (const finding of renameField.verify(spec, look, scope)) found.push(finding)
  return found
}

async function fieldsOf(name: string): Promise<Fields | undefined> {
  const [document] = await documents.get([name])
  return document?.fields
}

it.each<[string, unknown, string]>([
  ['no names', { pattern: 'Users/{uid}' }, 'LS-2002'],
  ['another way to check', { pattern: 'Users/{uid}', from: 'a', to: 'b', options: { check: 'some' } }, 'LS-2002'],
  ['a collection instead of its documents', { pattern: 'Users', from: 'a', to: 'b' }, 'LS-2101'],
  ['a name inside the other', { pattern: 'Users/{uid}', from: 'a', to: 'a.b' }, 'LS-2103'],
  ['the same name', { pattern: 'Users/{uid}', from: 'a.b', to: 'a.`b`' }, 'LS-2103'],
  ['a reserved key', { pattern: 'Users/{uid}', from: 'a', to: '__proto__' }, 'LS-2103'],
  ['lists that differ', { pattern: 'Users/{uid}', from: 'a[].x', to: 'b[].x' }, 'LS-2103'],
  ['a spread without a field', { pattern: 'Users/{uid}', from: 'a[]', to: 'b[]' }, 'LS-2103'],
])('refuses %s', (_, spec, code) => {
  expect(() => renameField.parse(spec)).toThrow(expect.objectContaining({ code }))
})

describe('plan', () => {
  it('refuses what stands in the way: every kind, counted and named, values never', async () => {
    await fill({
      'Users/a': { mail: 'x', contact: { mail: 'secret' } },
      'Users/b': { mail: 'x', contact: 'secret' },
      'Users/c': { mail: 'x', contact: null },
      'Users/d': { mail: 'x', contact: { mail: 'x' } },
    })
    const error = await renameField.plan(specOf('mail', 'contact.mail'), look).catch((problem: unknown) => problem)
    expect(error).toMatchObject({
      code: 'LS-2110',
      message: expect.stringContaining('1 document: the new place is taken by something else'),
      where: { name: 'Users/a' },
      also: [
        {
          message: '2 documents: something that is not a map is in the way, and stays',
          where: { name: 'Users/b, Users/c' },
        },
      ],
    })
    expect(JSON.stringify(error)).not.toContain('secret')
  })

  it('refuses members of lists whose new place is taken, or cannot be made', async () => {
    await fill({
      'Users/a': { items: [{ id: 1, key: { id: 2 } }] },
      'Users/b': { items: [{ id: 1, key: 'text' }] },
    })
    await expect(renameField.plan(specOf('items[].id', 'items[].key.id'), look)).rejects.toMatchObject({
      message: expect.stringContaining('the new place is taken by something else'),
      also: [{ message: expect.stringContaining('in a member of a list, something that is not a map') }],
    })
  })

  it('warns where the new place says the same already, in fields and in members of lists', async () => {
    await fill({
      'Users/a': { mail: 'x', email: 'x', items: [{ id: 1, key: 1 }, { id: 1 }] },
      'Users/b': { mail: 'y' },
    })
    const fields = await renameField.plan(specOf('mail', 'email'), look)
    expect(fields.warnings.map(({ code, message }) => [code, message])).toEqual([
      ['W110', '1 new places say the same as the old ones already'],
    ])
    expect(fields.effects.map(({ phase, count }) => [phase, count.value])).toEqual([
      ['backfill', 1],
      ['contract', 2],
    ])
    expect((await renameField.plan(specOf('items[].id', 'items[].key'), look)).warnings).toHaveLength(1)
  })

  it('refuses a pattern that matches no document', async () => {
    await fill({ 'Users/a': { mail: 'x' } })
    await expect(renameField.plan(specOf('mail', 'email', 'users/{uid}'), look)).rejects.toMatchObject({
      code: 'LS-2102',
    })
  })
})

describe('work', () => {
  it('reads the fields at the top of both names and nothing else', async () => {
    await fill({ 'Users/a': { a: { b: 1 }, c: 'large' } })
    await work(specOf('a.b', 'd.e'), 'carry')
    expect(read).toEqual([[['a'], ['d']]])
  })

  it('leaves what is in the way, tells, and verification finds it', async () => {
    await fill({ 'Users/a': { mail: 'x', contact: 'text' }, 'Users/b': { items: [{ id: 1, key: 'text' }] } })
    const field = specOf('mail', 'contact.mail')
    const member = specOf('items[].id', 'items[].key.id')
    for (const spec of [field, member])
      for (const act of ['carry', 'remove'] as const) expect(await work(spec, act)).toBe(0)
    expect(told.map((each) => each.split(':')[0])).toEqual(['Users/a', 'Users/a', 'Users/b', 'Users/b'])
    expect(await findings(field)).toEqual([{ where: 'Users/a', problem: expect.stringContaining('does not have') }])
    expect(await findings(member)).toEqual([{ where: 'Users/b', problem: expect.stringContaining('in the way') }])
  })

  it('makes nothing in members that lack the field', async () => {
    const items = encodeValue([{ n: 1 }, { a: 'text' }, {}])
    await put({ 'Users/a': { items } })
    const spec = specOf('items[].a.b', 'items[].c')
    for (const act of ['carry', 'remove', 'retire'] as const) expect(await work(spec, act)).toBe(0)
    expect(await fieldsOf('Users/a')).toEqual({ items })
  })

  it('knows keys with dots, of every entry of a map, and fields that every object has', async () => {
    await fill({ 'Users/a': { 'a.b': { 'x.y': { 'l.m': 1 }, constructor: { n: 1 } } } })
    await work(specOf('`a.b`.*.`l.m`', '`a.b`.*.limit'), 'carry')
    await work(specOf('`a.b`.*.toString', '`a.b`.*.text'), 'carry')
    expect(await fieldsOf('Users/a')).toEqual({
      'a.b': encodeValue({ 'x.y': { 'l.m': 1, limit: 1 }, constructor: { n: 1 } }),
    })
  })

  it('keeps every value bit by bit, there and back', async () => {
    const values: readonly Value[] = [
      { doubleValue: 5 },
      { doubleValue: '-0' },
      { doubleValue: 'NaN' },
      { doubleValue: '-Infinity' },
      { integerValue: '1152921504606846976' },
      { timestampValue: '2026-11-22T10:00:00.123456Z' },
      { bytesValue: 'AAECAw==' },
      { referenceValue: 'projects/other/databases/else/documents/Users/x' },
      { geoPointValue: { latitude: -0.5, longitude: 179.25 } },
      { nullValue: null },
      { arrayValue: { values: [{ doubleValue: 5 }, { mapValue: { fields: {} } }] } },
      { mapValue: { fields: { 'a.b': { doubleValue: 5 }, old: { integerValue: '5' } } } },
    ]
    const before = Object.fromEntries(values.map((value, n) => [`Users/${String(n).padStart(2, '0')}`, { old: value }]))
    await put(before)
    const spec = specOf('old', 'new.name')
    await work(spec, 'carry')
    expect(await findings(spec)).toEqual([])
    await work(spec, 'remove')
    for (const [name, { old }] of Object.entries(before))
      expect(await fieldsOf(name)).toEqual({ new: { mapValue: { fields: { name: old } } } })
    await work(spec, 'retire')
    for (const [name, { old }] of Object.entries(before))
      expect(await fieldsOf(name)).toEqual({ new: { mapValue: { fields: {} } }, old })
  })
})

it('tells fields whose values rise with the names, and not those that were alike before', async () => {
  await put(
    Object.fromEntries(
      Array.from({ length: 100 }, (_, n) => [
        `Users/${String(n).padStart(3, '0')}`,
        { old: { mapValue: { fields: { at: { integerValue: String(n) }, v: { integerValue: '2' } } } } },
      ]),
    ),
  )
  const { hot } = await renameField.plan(specOf('old', 'neu'), look)
  expect(hot).toEqual([{ collection: 'Users', path: ['neu', 'at'], values: 'rising values' }])
})
