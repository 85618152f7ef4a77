import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createFirestoreServer } from '../../../local/firestore/server.ts'
import type { FirestoreServer } from '../../../local/firestore/server.ts'
import type { DocumentWriter, Fields, Value } from '../../../stores/documents.ts'
import { createFirestoreDocuments } from '../../../stores/firestore/firestore-documents.ts'
import type { Look } from '../../operation.ts'
import { moveToSubcollection, moveToSubcollectionStep } from './move-to-subcollection.ts'
import type { MoveToSubcollectionOptions } from './move-to-subcollection.ts'

let server: FirestoreServer
let documents: DocumentWriter
let look: Look

beforeAll(async () => {
  server = await createFirestoreServer()
  documents = await createFirestoreDocuments({ projectId: 'demo-move', emulatorHost: server.host })
  look = { documents, tables: { target: none, read: none } as never, fleet: none }
})
afterAll(async () => {
  await documents.close()
  await server.close()
})
beforeEach(() => server.reset())

const none = (): never => {
  throw new Error('moveToSubcollection looks only at the documents')
}

async function put(name: string, fields: Fields): Promise<void> {
  expect(await documents.write([{ op: 'put', name, fields, expect: 'any' }])).toMatchObject([{ ok: true }])
}

async function plan(workflows: Value | undefined, options: Partial<MoveToSubcollectionOptions> = {}) {
  if (workflows !== undefined) await put('Users/a', { workflows })
  const step = moveToSubcollectionStep('Users/{uid}', 'workflows', { into: 'workflows', ...options })
  return moveToSubcollection.plan(moveToSubcollection.parse(step.spec), look)
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

describe('parse', () => {
  it.each<[string, unknown, string]>([
    ['no place', { pattern: 'Users/{uid}', field: 'workflows', options: {} }, 'LS-2002'],
    ['a collection instead of its documents', { pattern: 'Users', field: 'a', options: { into: 'a' } }, 'LS-2101'],
    ['a path for an id', { pattern: 'Users/{uid}', field: 'a', options: { into: 'a/b' } }, 'LS-2111'],
    ['a reserved id', { pattern: 'Users/{uid}', field: 'a', options: { into: '__a__' } }, 'LS-2111'],
    ['a list', { pattern: 'Users/{uid}', field: 'a[]', options: { into: 'a' } }, 'LS-2103'],
    ['every entry', { pattern: 'Users/{uid}', field: 'a.*', options: { into: 'a' } }, 'LS-2103'],
    ['a nested key', { pattern: 'Users/{uid}', field: 'a', options: { into: 'a', key: 'b.c' } }, 'LS-2103'],
    [
      'one field for two',
      { pattern: 'Users/{uid}', field: 'a', options: { into: 'a', key: 'b', value: 'b' } },
      'LS-2103',
    ],
    ['a key that is no name', { pattern: 'Users/{uid}', field: 'a', options: { into: 'a', key: 1 } }, 'LS-2002'],
    ['another check', { pattern: 'Users/{uid}', field: 'a', options: { into: 'a', check: 'none' } }, 'LS-2002'],
  ])('refuses %s', (_, spec, code) => {
    expect(() => moveToSubcollection.parse(spec)).toThrow(expect.objectContaining({ code }))
  })

  it('tells clients where the entries go', () => {
    const { spec } = moveToSubcollectionStep('A/{key}', 'b.`c.d`', { into: 'e', key: 'name' })
    expect(moveToSubcollection.shape?.(spec)).toEqual([
      {
        change: 'move',
        from: 'A/{key}',
        to: 'A/{key}/e/{key_}',
        what: 'entries',
        inward: false,
        path: ['b', 'c.d'],
        key: 'name',
      },
    ])
  })
})

describe('plan', () => {
  const map = (fields: Fields): Value => ({ mapValue: { fields } })
  const empty = map({})

  it.each<[string, Value, Partial<MoveToSubcollectionOptions>, string]>([
    ['a slash in a key', map({ 'x/y': empty }), {}, 'Users/a: a key of workflows cannot be the id of a document'],
    ['a key that is no id', map({ '..': empty }), {}, 'Users/a: a key of workflows cannot be the id of a document'],
    ['a list', { arrayValue: { values: [empty] } }, {}, 'Users/a: the field is a list'],
    ['a text', { stringValue: 'x' }, {}, 'Users/a: workflows is not a map'],
    [
      'an entry that is no map',
      map({ x: { nullValue: null } }),
      {},
      "Users/a: it stays as it is: an entry is not a map, and has no field to be in: give value: '…'",
    ],
    [
      'a field of the key',
      map({ x: map({ name: { stringValue: 'x' } }) }),
      { key: 'name' },
      'Users/a: it stays as it is: an entry has a field "name" of its own',
    ],
    [
      'an entry like a wrapped one',
      map({ x: map({ v: { stringValue: 'x' } }) }),
      { value: 'v' },
      'Users/a: it stays as it is: an entry has nothing but "v", as the document of an entry that is not a map has',
    ],
  ])('finds %s', async (_, workflows, options, problem) => {
    expect(await problems(plan(workflows, options))).toEqual([problem])
  })

  it('finds what is in the new place', async () => {
    await put('Users/a/workflows/x', { n: { integerValue: '1' } })
    expect(await problems(plan(map({ x: empty })))).toEqual([
      'Users/a/workflows/x: the new place is taken by something else',
    ])
  })

  it('warns of what is there already: the same, and something of its own', async () => {
    await put('Users/a/workflows/x', { key: { stringValue: 'x' } })
    await put('Users/a/workflows/y', {})
    await put('Users/a/other/y', {})
    const { warnings } = await plan(map({ x: empty }), { key: 'key' })
    expect(warnings.map(({ code }) => code)).toEqual(['W110', 'W114'])
  })

  it('takes an embedding for a value, and leaves alone what is empty or null', async () => {
    const fields = {
      __type__: { stringValue: '__vector__' },
      value: { arrayValue: { values: [{ doubleValue: 1.5 }] } },
    }
    expect(await problems(plan(map({ x: map(fields) })))).toHaveLength(1)
    await put('Users/b', { workflows: { nullValue: null } })
    await put('Users/c', { workflows: empty })
    const { effects } = await plan(map({ x: map(fields) }), { value: 'vector' })
    expect(effects[0]?.count).toEqual({ value: 1, source: 'counted' })
  })
})
