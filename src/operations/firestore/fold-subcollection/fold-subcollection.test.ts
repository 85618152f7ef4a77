import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createFirestoreServer } from '../../../local/firestore/server.ts'
import type { FirestoreServer } from '../../../local/firestore/server.ts'
import type { Document, DocumentWriter, Fields, Value } from '../../../stores/documents.ts'
import { createFirestoreDocuments } from '../../../stores/firestore/firestore-documents.ts'
import type { DocumentImage } from '../../document-hands.ts'
import type { Finding, Look } from '../../operation.ts'
import { foldSubcollection, foldSubcollectionStep } from './fold-subcollection.ts'
import type { FoldSubcollectionOptions } from './fold-subcollection.ts'

let server: FirestoreServer
let documents: DocumentWriter
let look: Look

beforeAll(async () => {
  server = await createFirestoreServer()
  documents = await createFirestoreDocuments({ projectId: 'demo-fold', emulatorHost: server.host })
  look = { documents, tables: { target: none, read: none } as never, fleet: none }
})
afterAll(async () => {
  await documents.close()
  await server.close()
})
beforeEach(() => server.reset())

const none = (): never => {
  throw new Error('foldSubcollection looks only at the documents')
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

function plan(options: Partial<FoldSubcollectionOptions> = {}) {
  const step = foldSubcollectionStep('Users/{uid}', 'workflows', { into: 'workflows', ...options })
  return foldSubcollection.plan(foldSubcollection.parse(step.spec), look)
}

/** The problems of a plan, each with the documents that it names. */
async function problems(planned: Promise<unknown>): Promise<readonly string[]> {
  type Problem = { readonly message: string; readonly where?: { readonly name: string } }
  const error = await planned.then(
    () => undefined,
    (reason: unknown) => reason as Problem & { readonly code: string; readonly also: readonly Problem[] },
  )
  expect(error?.code).toBe('LS-2110')
  const all = error === undefined ? [] : [error, ...error.also]
  return all.map((each) => `${each.where?.name ?? ''}: ${each.message.replace(/^.*?\d+ documents?: /, '')}`)
}

const text = (stringValue: string): Value => ({ stringValue })

describe('parse', () => {
  it.each<[string, unknown, string]>([
    ['no field', { pattern: 'Users/{uid}', collection: 'workflows', options: {} }, 'LS-2002'],
    ['a collection instead of its documents', { pattern: 'Users', collection: 'a', options: { into: 'a' } }, 'LS-2101'],
    ['a path for a collection', { pattern: 'Users/{uid}', collection: 'a/{b}', options: { into: 'a' } }, 'LS-2111'],
    ['a list', { pattern: 'Users/{uid}', collection: 'a', options: { into: 'a[]' } }, 'LS-2103'],
    ['another check', { pattern: 'Users/{uid}', collection: 'a', options: { into: 'a', check: 1 } }, 'LS-2002'],
  ])('refuses %s', (_, spec, code) => {
    expect(() => foldSubcollection.parse(spec)).toThrow(expect.objectContaining({ code }))
  })

  it('tells clients where the documents go', () => {
    const { spec } = foldSubcollectionStep('Users/{uid}', 'workflows', { into: 'a.b', value: 'v' })
    expect(foldSubcollection.shape?.(spec)).toEqual([
      {
        change: 'move',
        from: 'Users/{uid}/workflows/{key}',
        to: 'Users/{uid}',
        what: 'entries',
        inward: true,
        path: ['a', 'b'],
        value: 'v',
      },
    ])
  })
})

describe('plan', () => {
  it('finds documents that have collections of their own, each once, and not those that are missing', async () => {
    await put({
      'Users/a/workflows/x': {},
      'Users/a/workflows/x/runs/1': {},
      'Users/a/workflows/x/runs/2/logs/1': {},
      'Users/a/workflows/missing/runs/1': {},
      'Users/a/other/x/runs/1': {},
    })
    const found = ['Users/a/workflows/x: it has collections of its own, which cannot be part of a map']
    expect(await problems(plan())).toEqual(found)
  })

  it('finds what the field has already', async () => {
    await put({
      'Users/a': { workflows: text('taken') },
      'Users/a/workflows/x': {},
      'Users/b': { workflows: { mapValue: { fields: { y: text('stranger') } } } },
      'Users/c': { workflows: { mapValue: { fields: {} } } },
      'Users/d': { workflows: { nullValue: null } },
      'Users/e': { workflows: { mapValue: { fields: { x: text('other') } } } },
      'Users/e/workflows/x': {},
    })
    expect(await problems(plan())).toEqual([
      'Users/a: something that is not a map is in the way, and stays',
      'Users/e: the new place is taken by something else',
      'Users/a, Users/b, Users/c: it has the field already',
    ])
  })

  it('finds ids that no map can have, and names that are not the id', async () => {
    await put({
      'Users/a/workflows/__id7__': {},
      'Users/a/workflows/x': { name: text('y') },
      'Users/__id7__/workflows/x': {},
    })
    expect(await problems(plan({ key: 'name' }))).toEqual([
      'Users/a/workflows/__id7__: its id cannot be the key of a map',
      'Users/a/workflows/x: it stays as it is: its "name" is not its id',
    ])
  })

  it('finds documents that would be too large, though no page of children alone makes them so', async () => {
    const children = (host: string, count: number, size: number): Readonly<Record<string, Fields>> =>
      Object.fromEntries(
        Array.from({ length: count }, (_, n) => [`Users/${host}/workflows/${n}`, { t: text('x'.repeat(size)) }]),
      )
    await put(children('a', 800, 1_200))
    expect((await plan()).effects[0]?.count).toEqual({ value: 1, source: 'counted' })
    await put(children('b', 1_100, 1_000))
    expect(await problems(plan())).toEqual(['Users/b: it would be larger than 1 MiB'])
  })

  it('finds documents with too many index entries or too deep', async () => {
    const deep = (levels: number): Value =>
      levels === 0 ? text('x') : { mapValue: { fields: { a: deep(levels - 1) } } }
    await put({
      'Users/a/workflows/x': {
        list: { arrayValue: { values: Array.from({ length: 40_000 }, () => ({ nullValue: null })) } },
      },
      'Users/b/workflows/x': { a: deep(18) },
      'Users/c/workflows/x': { a: deep(19) },
    })
    expect(await problems(plan())).toEqual([
      'Users/a: it would have more than 40,000 index entries',
      'Users/c: its values would nest deeper than 20',
    ])
  })
})

describe('verify', () => {
  async function findings(watched: DocumentWriter): Promise<readonly Finding[]> {
    const { spec } = foldSubcollectionStep('Users/{uid}', 'workflows', { into: 'workflows' })
    const images = async (): Promise<ReadonlyMap<string, readonly DocumentImage[]>> => new Map()
    const scope = { phase: 'verify', level: 'full', memo: null, images, signal: new AbortController().signal } as const
    const since = '2000-01-01T00:00:00.000000Z'
    const found = foldSubcollection.verify(
      foldSubcollection.parse(spec),
      { ...look, documents: watched },
      { ...scope, since },
    )
    const all: Finding[] = []
    for (let next = await found.next(); next.done !== true; next = await found.next()) all.push(next.value)
    return all
  }

  it('names what is not in its new place, and not what was deleted while both sides were read', async () => {
    await put({ 'Users/a': { n: text('1') }, 'Users/a/workflows/x': { n: text('1') } })
    // Nobody wrote them since the sweep, as the moment of that is told.
    const seen = (found: Document | undefined): Document | undefined => found && { ...found, updateTime: '1999' }
    let deletes = false
    const watched: DocumentWriter = {
      ...documents,
      async *scan(...args) {
        for await (const found of documents.scan(...args)) yield { ...found, updateTime: '1999' }
      },
      async get(...args) {
        if (deletes)
          await documents.write(
            ['Users/a', 'Users/a/workflows/x'].map((name) => ({ op: 'delete', name, expect: 'any' })),
          )
        return (await documents.get(...args)).map(seen)
      },
    }
    expect(await findings(watched)).toMatchObject([{ where: 'Users/a/workflows/x' }])
    deletes = true
    expect(await findings(watched)).toEqual([])
  })
})
