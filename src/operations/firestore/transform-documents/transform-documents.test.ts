import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createFirestoreServer } from '../../../local/firestore/server.ts'
import type { FirestoreServer } from '../../../local/firestore/server.ts'
import { isLockstepError } from '../../../kernel/errors.ts'
import type { Document, DocumentWriter, FieldPath, Fields } from '../../../stores/documents.ts'
import { createFirestoreDocuments } from '../../../stores/firestore/firestore-documents.ts'
import { encodeValue } from '../../../stores/values.ts'
import { noIndexSettings } from '../../index-settings.ts'
import type { Look, StepPlan } from '../../operation.ts'
import { transformDocuments, transformDocumentsStep } from './transform-documents.ts'
import { transformInPlace } from './transform-in-place.ts'
import { compileTransform } from './transform-spec.ts'
import type { TransformOptions } from './transform-spec.ts'

let server: FirestoreServer
let documents: DocumentWriter
let scanned: (readonly FieldPath[] | undefined)[]
let look: Look

const none = (): never => {
  throw new Error('transformDocuments looks only at the documents')
}

beforeAll(async () => {
  server = await createFirestoreServer()
  documents = await createFirestoreDocuments({ projectId: 'demo-transform', emulatorHost: server.host })
})
afterAll(async () => {
  await documents.close()
  await server.close()
})
beforeEach(async () => {
  await server.reset()
  scanned = []
  const spied: Look['documents'] = {
    ...documents,
    scan(scope, range, options) {
      scanned.push(options?.fields)
      return documents.scan(scope, range, options)
    },
  }
  look = { documents: spied, tables: { target: none, read: none } as never, fleet: none }
})

const encoded = (fields: Readonly<Record<string, unknown>>): Fields =>
  Object.fromEntries(Object.entries(fields).map(([key, value]) => [key, encodeValue(value)]))

async function fill(world: Readonly<Record<string, Readonly<Record<string, unknown>>>>): Promise<void> {
  const writes = Object.entries(world).map(([name, fields]) => {
    return { op: 'put' as const, name, fields: encoded(fields), expect: 'any' as const }
  })
  expect((await documents.write(writes)).filter(({ ok }) => !ok)).toEqual([])
}

const planned = (options: TransformOptions): Promise<StepPlan> =>
  transformDocuments.plan(transformDocuments.parse(transformDocumentsStep('Users/{uid}', options).spec), look)

async function refusal(options: TransformOptions): Promise<string> {
  const error: unknown = await planned(options).catch((thrown: unknown) => thrown)
  if (!isLockstepError(error)) throw new Error('it was not refused', { cause: error })
  expect(error.code).toBe('LS-2110')
  return [error, ...error.also].map(({ message, where }) => `${message} ${where?.name ?? ''}`).join('; ')
}

const marker = { field: 'v', value: 2 } as const

describe('parse', () => {
  const up = (document: Record<string, unknown>): object => document
  it.each<[string, unknown, string]>([
    ['no function', { pattern: 'Users/{uid}', options: { marker } }, 'LS-2002'],
    ['nothing that tells the new shape', { pattern: 'Users/{uid}', options: { up } }, 'LS-2002'],
    ['two things that tell it', { pattern: 'Users/{uid}', options: { up, marker, isNew: () => true } }, 'LS-2002'],
    ['a marker in a map', { pattern: 'Users/{uid}', options: { up, marker: { field: 'a.v', value: 1 } } }, 'LS-2103'],
    ['a malformed field', { pattern: 'Users/{uid}', options: { up, marker, reads: ['a..b'] } }, 'LS-2103'],
    ['a collection', { pattern: 'Users', options: { up, marker } }, 'LS-2101'],
  ])('refuses %s', (_, spec, code) => {
    expect(() => transformDocuments.parse(spec)).toThrow(expect.objectContaining({ code }))
  })

  it('says why something has to tell the new shape', () => {
    const spec = { pattern: 'Users/{uid}', options: { up } }
    expect(() => transformDocuments.parse(spec)).toThrow(
      expect.objectContaining({ why: expect.stringContaining('or up() runs on its own result') as unknown }),
    )
  })
})

describe('plan', () => {
  it('runs the function on every document: what throws is counted, named, and keeps its secrets', async () => {
    await fill({ 'Users/a': { n: 1 }, 'Users/b': { n: 'secret' }, 'Users/c': { n: 'secret' } })
    const told = await refusal({
      marker,
      up({ n }) {
        if (typeof n === 'string') throw new RangeError(n)
        return { n }
      },
    })
    expect(told).toContain('2 documents: up() threw a RangeError')
    expect(told).toContain('Users/b, Users/c')
    expect(told).not.toContain('secret')
  })

  it('refuses results that are no document, or that Firestore cannot keep', async () => {
    await fill({ 'Users/a': { n: 1 } })
    expect(await refusal({ marker, up: () => undefined as never })).toContain('up() returned no document')
    expect(await refusal({ marker, up: () => ['x'] })).toContain('up() returned no document')
    expect(await refusal({ marker, up: () => ({ n: () => 1 }) })).toContain('something that Firestore cannot keep')
  })

  it('refuses a result that isNew() would not know again', async () => {
    await fill({ 'Users/a': { n: 1 } })
    expect(await refusal({ isNew: ({ m }) => m === 1, up: ({ n }) => ({ n: Number(n) * 2 }) })).toContain(
      'isNew() does not know what up() made',
    )
    expect(await refusal({ isNew: () => none(), up: (document) => document })).toContain('isNew() threw')
  })

  it('refuses to write what was not read', async () => {
    await fill({ 'Users/a': { n: 1, hidden: 2 } })
    const options = { marker, up: ({ n }: Record<string, unknown>) => ({ m: n, n }) }
    expect(await refusal({ ...options, reads: ['n'] })).toContain('up() changes m')
    const { effects } = await planned({ ...options, reads: ['n'], fields: ['m'] })
    expect(effects[0]?.count).toEqual({ value: 1, source: 'counted' })
    expect(
      transformInPlace(
        compileTransform({ pattern: 'Users/{uid}', options: { ...options, reads: ['n'], fields: ['m'] } }),
      ).fields,
    ).toEqual([['n'], ['m'], ['v']])
  })

  it('counts the documents that get another time by which they expire', async () => {
    const settings = { ...noIndexSettings, expiring: [{ collection: 'Users', field: 'until' }] }
    look = { ...look, indexSettings: async () => settings }
    await fill({ 'Users/a': { n: 1, until: new Date(0) }, 'Users/b': { n: 2 }, 'Users/c': { n: 3, until: 'never' } })
    const up = ({ n, until }: Record<string, unknown>): object => ({ n, until: n === 2 ? new Date(1) : until })
    const down = (document: Record<string, unknown>): object => document
    const told = (await planned({ marker, up, down })).warnings
    expect(told).toEqual([
      expect.objectContaining({ code: 'W118', message: expect.stringMatching(/^1 documents.* until/) }),
    ])
    expect((await planned({ marker, up: (document) => document, down })).warnings).toEqual([])
  })

  it('tells the fields whose values rise with the names, or are one', async () => {
    await fill(
      Object.fromEntries(Array.from({ length: 100 }, (_, n) => [`Users/${String(n).padStart(3, '0')}`, { n: n % 7 }])),
    )
    let now = 0
    const { hot } = await planned({ marker, up: ({ n }) => ({ n, at: new Date(now++) }), down: ({ n }) => ({ n }) })
    expect(hot).toEqual([
      { collection: 'Users', path: ['at'], values: 'rising values' },
      { collection: 'Users', path: ['v'], values: 'one value' },
    ])
  })

  it('warns where only the pre-images are the way back, and of documents that are there already', async () => {
    await fill({ 'Users/a': { n: 1 }, 'Users/b': { v: 2 } })
    const { warnings, memo } = await planned({ marker, up: () => ({ n: 2 }) })
    expect(warnings.map(({ code }) => code)).toEqual(['W113', 'W111'])
    expect(memo).toEqual({ mixed: true })
  })
})

describe('the way back without down()', () => {
  const document = (fields: Readonly<Record<string, unknown>>): Document => {
    return { name: 'Users/a', fields: encoded(fields), updateTime: '2', createTime: '1' }
  }
  const spec = { pattern: 'Users/{uid}', options: { marker, up: () => ({}) } }
  const { down } = transformInPlace(compileTransform(spec))
  const value = (of: unknown) => encodeValue(of)
  const image = {
    name: 'Users/a',
    unit: 'Users/a',
    version: '1',
    made: [],
    before: [
      [['a'], value(1)],
      [['b'], value(2)],
      [['v'], null],
    ],
    after: [
      [['a'], value(10)],
      [['b'], null],
      [['v'], value(2)],
    ],
  } as const

  it('puts back what still shows our write, tells the rest, and leaves what it does not know', () => {
    const known = { images: [image], mixed: false }
    expect(down(document({ a: 10, v: 2, c: 3 }), known)).toEqual({
      changes: [
        { path: ['a'], value: value(1) },
        { path: ['v'], value: undefined },
        { path: ['b'], value: value(2) },
      ],
      stays: [],
    })
    const changed = down(document({ a: 11, v: 2 }), known)
    expect(changed.changes).toEqual([
      { path: ['v'], value: undefined },
      { path: ['b'], value: value(2) },
    ])
    expect(changed.stays).toHaveLength(1)
    expect(down(document({ a: 1 }), known)).toEqual({ changes: [], stays: [] })
    expect(down(document({ a: 1, v: 2 }), { images: [], mixed: true })).toEqual({ changes: [], stays: [] })
    expect(down(document({ a: 1, v: 2 }), { images: [], mixed: false }).stays).toHaveLength(1)
  })
})

it('tells clients that documents are transformed, and how they are told', () => {
  const shape = (options: TransformOptions) => transformDocuments.shape?.({ pattern: 'Users/{uid}', options })
  const up = (): object => ({})
  expect(shape({ up, marker })).toEqual([
    { change: 'transform', pattern: 'Users/{uid}', marker: { path: ['v'], value: { integerValue: '2' } } },
  ])
  expect(shape({ up, isNew: () => true })).toEqual([{ change: 'transform', pattern: 'Users/{uid}' }])
})
