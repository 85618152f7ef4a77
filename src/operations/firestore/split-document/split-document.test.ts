import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createFirestoreServer } from '../../../local/firestore/server.ts'
import type { FirestoreServer } from '../../../local/firestore/server.ts'
import type { DocumentWriter, FieldPath } from '../../../stores/documents.ts'
import { createFirestoreDocuments } from '../../../stores/firestore/firestore-documents.ts'
import { encodeValue } from '../../../stores/values.ts'
import type { Finding, Look, StepPlan } from '../../operation.ts'
import { splitDocument, splitDocumentStep } from './split-document.ts'
import type { SplitDocumentOptions } from './split-document.ts'

const chats = 'Data/{uid}/chats/{phone}'
const contacts: SplitDocumentOptions = { into: 'Data/{uid}/contacts/{phone}', fields: ['name'] }

let server: FirestoreServer
let documents: DocumentWriter
/** The collections and projections of every scan, in order, and the names read one by one. */
let scanned: (readonly [string, readonly FieldPath[] | undefined])[]
let got: string[]
let look: Look

beforeAll(async () => {
  server = await createFirestoreServer()
  documents = await createFirestoreDocuments({ projectId: 'demo-split', emulatorHost: server.host })
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
  throw new Error('splitDocument looks only at the documents')
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

function planned(options: SplitDocumentOptions, pattern = chats): Promise<StepPlan> {
  return splitDocument.plan(splitDocument.parse(splitDocumentStep(pattern, options).spec), look)
}

describe('parse', () => {
  it.each<[string, unknown, string]>([
    ['no options', { pattern: chats }, 'LS-2002'],
    ['no target', { pattern: chats, options: { fields: ['a'] } }, 'LS-2002'],
    ['no fields', { pattern: chats, options: { into: contacts.into } }, 'LS-2002'],
    ['an empty list', { pattern: chats, options: { ...contacts, fields: [] } }, 'LS-2002'],
    ['another check', { pattern: chats, options: { ...contacts, check: 'some' } }, 'LS-2002'],
    ['a collection', { pattern: 'Data', options: { into: 'Other/{uid}', fields: ['a'] } }, 'LS-2101'],
    ['a field in another', { pattern: chats, options: { ...contacts, fields: ['a', 'a.b'] } }, 'LS-2103'],
    ['a target that cannot be told back', { pattern: chats, options: { ...contacts, into: 'c/{phone}' } }, 'LS-2111'],
    ['its own collection', { pattern: chats, options: { ...contacts, into: 'Data/{uid}/chats/c-{phone}' } }, 'LS-2111'],
  ])('refuses %s', (_, spec, code) => {
    expect(() => splitDocument.parse(spec)).toThrow(expect.objectContaining({ code }))
  })
})

describe('plan', () => {
  it('reads the fields and, where there are targets, those of documents that have any; nothing else', async () => {
    await fill({
      'Data/u/chats/1': { name: 'a', deep: { in: 1, out: 2 } },
      'Data/u/chats/2': { text: 'no name' },
      'Data/u/chats/3': { deep: { out: 2 } },
    })
    const plan = await planned({ ...contacts, fields: ['name', 'deep.in'] })
    expect(plan.effects.map(({ phase, count }) => [phase, count.value])).toEqual([
      ['backfill', 1],
      ['contract', 3],
    ])
    expect(scanned).toEqual([
      ['contacts', []],
      ['chats', [['name'], ['deep']]],
      ['contacts', [['name'], ['deep']]],
    ])
    // There is no target yet: none is asked for.
    expect(got).toEqual([])
    expect(plan.warnings).toEqual([])
    await fill({ 'Data/u/contacts/1': { name: 'a', deep: { in: 1 } } })
    await planned({ ...contacts, fields: ['name', 'deep.in'] })
    expect(got).toContain('Data/u/contacts/1')
  })

  it('finds what is in the way, each kind with its documents', async () => {
    await fill({
      'Data/u/chats/1': { name: 'a' },
      'Data/a_b/chats/1': { name: 'cannot be told back' },
      'Data/a_b/chats/2': { other: 'nothing to split' },
      'contacts/u_1': { name: 'someone else' },
      [`Data/u/chats/${'x'.repeat(1_499)}`]: { name: 'its id grows' },
    })
    const found = await planned({ ...contacts, into: 'contacts/{uid}_{phone}' }).catch((error: unknown) => error)
    expect(found).toMatchObject({ code: 'LS-2110' })
    const all = [found, ...(found as { also: readonly unknown[] }).also] as {
      message: string
      where: { name: string }
    }[]
    expect(all.map(({ message, where }) => [message.replace(/^split.*?: /, ''), where.name.slice(0, 20)])).toEqual([
      ['1 document: its new id could not be told back to the old one', 'Data/a_b/chats/1'],
      ['1 document: an id would be longer than 1,500 bytes', 'Data/u/chats/xxxxxxx'],
      ['1 document: the new place is taken by something else', 'contacts/u_1'],
    ])
  })

  it('warns of what is in the new place only, and of what is there already', async () => {
    await fill({
      'Data/u/chats/1': { name: 'a' },
      'Data/u/contacts/1': { name: 'a' },
      'Data/u/contacts/2': { name: 'nobody has it' },
      'Data/u/contacts/3': { other: 'of no concern' },
    })
    const { warnings } = await planned(contacts)
    expect(warnings.map(({ code }) => code)).toEqual(['W110', 'W114'])
    expect(warnings[1]?.message).toContain('1 document holds something')
    expect(warnings[1]?.message).toContain('Data/u/contacts/2')
  })

  it('asks for a document that matches', async () => {
    await fill({ 'Data/u/contacts/1': { name: 'a' } })
    await expect(planned(contacts)).rejects.toMatchObject({ code: 'LS-2102' })
  })
})

it('verifies that every field has arrived, and that every document can be told back', async () => {
  await fill({
    'Data/u/chats/1': { name: 'a' },
    'Data/u/chats/2': { name: 'b' },
    'contacts/u_2': { name: 'b', more: 1 },
    'Data/a_b/chats/1': { name: 'born since' },
  })
  const spec = splitDocument.parse(splitDocumentStep(chats, { ...contacts, into: 'contacts/{uid}_{phone}' }).spec)
  const images = async (): Promise<ReadonlyMap<string, never[]>> => new Map()
  const signal = new AbortController().signal
  const findings: Finding[] = []
  const scope = { since: undefined, phase: 'verify' as const, level: 'full' as const, memo: null, images, signal }
  for await (const finding of splitDocument.verify(spec, look, scope)) findings.push(finding)
  expect(findings).toEqual([
    { where: 'Data/a_b/chats/1', problem: 'its new id could not be told back to the old one' },
    { where: 'Data/u/chats/1', problem: 'contacts/u_1 does not have what is here' },
  ])
})

it('tells clients which fields are where', () => {
  const spec = splitDocument.parse(
    splitDocumentStep(chats, { ...contacts, fields: { name: 'first', 'a.b': 'b' } }).spec,
  )
  expect(splitDocument.shape?.(spec)).toEqual([
    {
      change: 'move',
      from: chats,
      to: contacts.into,
      what: 'fields',
      inward: false,
      fields: [['name'], ['a', 'b']],
      named: [['first'], ['b']],
    },
  ])
})
