import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createFirestoreServer } from '../../../local/firestore/server.ts'
import type { FirestoreServer } from '../../../local/firestore/server.ts'
import type { DocumentWriter, FieldPath } from '../../../stores/documents.ts'
import { createFirestoreDocuments } from '../../../stores/firestore/firestore-documents.ts'
import { encodeValue } from '../../../stores/values.ts'
import type { Finding, Look, StepPlan } from '../../operation.ts'
import { mergeDocuments, mergeDocumentsStep } from './merge-documents.ts'
import type { MergeDocumentsOptions } from './merge-documents.ts'

const contacts = 'Data/{uid}/contacts/{phone}'
const chats: MergeDocumentsOptions = { into: 'Data/{uid}/chats/{phone}', as: 'contact' }

let server: FirestoreServer
let documents: DocumentWriter
/** The collections and projections of every scan, in order, and the names read one by one. */
let scanned: (readonly [string, readonly FieldPath[] | undefined])[]
let got: string[]
let look: Look

beforeAll(async () => {
  server = await createFirestoreServer()
  documents = await createFirestoreDocuments({ projectId: 'demo-merge', emulatorHost: server.host })
})

afterAll(async () => {
  await documents.close()
  await server.close()
})

beforeEach(async () => {
  await server.reset()
  scanned = []
  got = []
  const spied: Look['documents'] = {
    ...documents,
    scan(scope, range, options) {
      scanned.push([scope.collection, options?.fields])
      return documents.scan(scope, range, options)
    },
    get(names, fields) {
      got.push(...names)
      return documents.get(names, fields)
    },
  }
  look = { documents: spied, tables: { target: none, read: none } as never, fleet: none }
})

const none = (): never => {
  throw new Error('mergeDocuments looks only at the documents')
}

async function fill(world: Readonly<Record<string, Readonly<Record<string, unknown>>>>): Promise<void> {
  const writes = Object.entries(world).map(([name, fields]) => ({
    op: 'put' as const,
    name,
    fields: Object.fromEntries(Object.entries(fields).map(([key, value]) => [key, encodeValue(value)])),
    expect: 'any' as const,
  }))
  expect((await documents.write(writes)).filter(({ ok }) => !ok)).toEqual([])
}

function planned(options: MergeDocumentsOptions, pattern = contacts): Promise<StepPlan> {
  return mergeDocuments.plan(mergeDocuments.parse(mergeDocumentsStep(pattern, options).spec), look)
}

describe('parse', () => {
  it.each<[string, unknown, string]>([
    ['no options', { pattern: contacts }, 'LS-2002'],
    ['no target', { pattern: contacts, options: { as: 'contact' } }, 'LS-2002'],
    ['neither fields nor as', { pattern: contacts, options: { into: chats.into } }, 'LS-2002'],
    ['an empty list', { pattern: contacts, options: { ...chats, fields: [] } }, 'LS-2002'],
    ['as that is no name', { pattern: contacts, options: { ...chats, as: 1 } }, 'LS-2002'],
    ['another check', { pattern: contacts, options: { ...chats, check: 'some' } }, 'LS-2002'],
    ['a collection', { pattern: 'Data', options: { into: 'Other/{uid}', as: 'x' } }, 'LS-2101'],
    ['two to one place', { pattern: contacts, options: { ...chats, fields: { a: 'x', b: 'x' } } }, 'LS-2103'],
    ['a map without a name', { pattern: contacts, options: { ...chats, as: '' } }, 'LS-2103'],
    ['a target that cannot be told back', { pattern: contacts, options: { ...chats, into: 'c/{phone}' } }, 'LS-2111'],
    [
      'its own collection',
      { pattern: contacts, options: { ...chats, into: 'Data/{uid}/contacts/c-{phone}' } },
      'LS-2111',
    ],
  ])('refuses %s', (_, spec, code) => {
    expect(() => mergeDocuments.parse(spec)).toThrow(expect.objectContaining({ code }))
  })
})

describe('plan', () => {
  it('reads sources and their targets whole, and of other targets the map alone', async () => {
    await fill({
      'Data/u/contacts/1': { name: 'a' },
      'Data/u/contacts/2': {},
      'Data/u/chats/1': { n: 1 },
      'Data/u/chats/3': {},
    })
    const plan = await planned(chats)
    expect(plan.effects.map(({ phase, count }) => [phase, count.value])).toEqual([
      ['backfill', 2],
      ['contract', 2],
    ])
    expect(scanned).toEqual([
      ['contacts', undefined],
      ['chats', [['contact']]],
      ['contacts', undefined],
    ])
    expect(got).toEqual(['Data/u/chats/1', 'Data/u/chats/2'])
    expect(plan.warnings).toEqual([])
  })

  it('finds what is in the way, each kind with its documents', async () => {
    const half = 'x'.repeat(600_000)
    await fill({
      'Data/a_b/contacts/1': { name: 'cannot be told back' },
      'Data/u/contacts/1': { name: 'a' },
      'chats/u_1': { contact: { name: 'someone else' } },
      'Data/u/contacts/2': { half },
      'chats/u_2': { other: half },
    })
    const found = await planned({ ...chats, into: 'chats/{uid}_{phone}' }).catch((error: unknown) => error)
    expect(found).toMatchObject({ code: 'LS-2110' })
    const all = [found, ...(found as { also: readonly unknown[] }).also] as {
      message: string
      where: { name: string }
    }[]
    expect(all.map(({ message, where }) => [message.replace(/^merge.*?: /, ''), where.name])).toEqual([
      ['1 document: its new id could not be told back to the old one', 'Data/a_b/contacts/1'],
      ['1 document: the new place is taken by something else', 'chats/u_1'],
      ['1 document: it would be larger than 1 MiB', 'chats/u_2'],
    ])
  })

  it('warns of what stays below sources that go, and of maps that no source has', async () => {
    await fill({
      'Data/u/contacts/1': { name: 'a' },
      'Data/u/contacts/1/notes/n': { text: 'below' },
      'Data/u/chats/2': { contact: { name: 'nobody has it' } },
    })
    const { warnings } = await planned(chats)
    expect(warnings.map(({ code }) => code)).toEqual(['W114', 'W115'])
    expect(warnings[0]?.message).toContain('Data/u/chats/2')
    expect(warnings[1]?.message).toContain('Data/u/contacts/1/notes')
    expect((await planned({ into: chats.into, fields: ['name'] })).warnings.map(({ code }) => code)).toEqual(['W115'])
  })

  it('does not warn of what lies below sources that stay', async () => {
    await fill({ 'Data/u/contacts/1': { name: 'a', more: 1 }, 'Data/u/contacts/1/notes/n': { text: 'below' } })
    expect((await planned({ into: chats.into, fields: ['name'] })).warnings).toEqual([])
  })

  it('asks for a document that matches', async () => {
    await fill({ 'Data/u/chats/1': { contact: {} } })
    await expect(planned(chats)).rejects.toMatchObject({ code: 'LS-2102' })
  })
})

it('verifies that every source has arrived, and that every one can be told back', async () => {
  await fill({
    'Data/u/contacts/1': { name: 'a' },
    'Data/u/contacts/2': { name: 'b' },
    'chats/u_2': { contact: { name: 'b' } },
    'Data/a_b/contacts/1': { name: 'born since' },
  })
  const spec = mergeDocuments.parse(mergeDocumentsStep(contacts, { ...chats, into: 'chats/{uid}_{phone}' }).spec)
  const images = async (): Promise<ReadonlyMap<string, never[]>> => new Map()
  const signal = new AbortController().signal
  const findings: Finding[] = []
  const scope = { since: undefined, phase: 'verify' as const, level: 'full' as const, memo: null, images, signal }
  for await (const finding of mergeDocuments.verify(spec, look, scope)) findings.push(finding)
  expect(findings).toEqual([
    { where: 'Data/a_b/contacts/1', problem: 'its new id could not be told back to the old one' },
    { where: 'Data/u/contacts/1', problem: 'chats/u_1 does not have what is here' },
  ])
})

it.each<[string, MergeDocumentsOptions, object]>([
  ['the map that has them all', chats, { path: ['contact'] }],
  ['each field', { ...chats, fields: ['name'] }, { fields: [['name']], named: [['contact', 'name']] }],
  ['renamed fields', { into: chats.into, fields: { name: 'first' } }, { fields: [['name']], named: [['first']] }],
])('tells clients %s', (_, options, where) => {
  const spec = mergeDocuments.parse(mergeDocumentsStep(contacts, options).spec)
  expect(mergeDocuments.shape?.(spec)).toEqual([
    { change: 'move', from: contacts, to: chats.into, what: 'fields', inward: true, ...where },
  ])
})
