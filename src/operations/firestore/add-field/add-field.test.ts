import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createFirestoreServer } from '../../../local/firestore/server.ts'
import type { FirestoreServer } from '../../../local/firestore/server.ts'
import type { Document, DocumentWriter, FieldChange, FieldPath } from '../../../stores/documents.ts'
import { createFirestoreDocuments } from '../../../stores/firestore/firestore-documents.ts'
import { encodeValue } from '../../../stores/values.ts'
import type { DocumentHands } from '../../document-hands.ts'
import type { Finding, Look } from '../../operation.ts'
import { addField, addFieldStep } from './add-field.ts'
import type { AddFieldOptions, AddFieldSpec, FieldDefault } from './add-field.ts'

let server: FirestoreServer
let documents: DocumentWriter
/** The projections of every scan, in order. */
let scanned: (readonly FieldPath[] | undefined)[]
let look: Look

beforeAll(async () => {
  server = await createFirestoreServer()
  documents = await createFirestoreDocuments({ projectId: 'demo-add-field', emulatorHost: server.host })
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

const none = (): never => {
  throw new Error('addField looks only at the documents')
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

function specOf(
  pattern: string,
  fields: Readonly<Record<string, FieldDefault>>,
  options: AddFieldOptions = {},
): AddFieldSpec {
  return addField.parse(addFieldStep(pattern, fields, options).spec)
}

async function verified(
  spec: AddFieldSpec,
  since?: string,
): Promise<{ readonly findings: readonly Finding[]; readonly checked: number; readonly what: string }> {
  const found = addField.verify(spec, look, {
    since,
    phase: 'verify',
    level: 'full',
    memo: null,
    signal: new AbortController().signal,
    images: none,
  })
  const findings: Finding[] = []
  for (;;) {
    const next = await found.next()
    if (next.done === true) return { findings, ...next.value }
    findings.push(next.value)
  }
}

/** What `apply` would write, by document, and what it read for that. */
async function applied(spec: AddFieldSpec): Promise<{
  readonly changes: Readonly<Record<string, readonly FieldChange[]>>
  readonly pages: readonly Document[]
}> {
  const changes: Record<string, readonly FieldChange[]> = {}
  const pages: Document[] = []
  const hands: DocumentHands = {
    documents: look.documents,
    async rewrite({ page, change }) {
      for (const document of page) {
        pages.push(document)
        const made = await change(document)
        if (made.length > 0) changes[document.name] = made
      }
      return { cursor: null, changed: Object.keys(changes).length, skipped: 0, conflicts: 0 }
    },
    settle: none,
    images: none,
    kept: none,
  }
  const work = {
    spec,
    memo: null,
    phase: 'backfill' as const,
    scope: {},
    cursor: undefined,
    signal: new AbortController().signal,
  }
  for await (const _ of addField.apply(work, hands)) continue
  return { changes, pages }
}

describe('parse', () => {
  it.each<[string, unknown, string]>([
    ['no fields', { pattern: 'Users/{uid}', fields: {} }, 'LS-2002'],
    ['no pattern', { fields: { a: 1 } }, 'LS-2002'],
    ['a collection instead of its documents', { pattern: 'Users', fields: { a: 1 } }, 'LS-2101'],
    ['a malformed field', { pattern: 'Users/{uid}', fields: { 'a..b': 1 } }, 'LS-2103'],
    ['a reserved field', { pattern: 'Users/{uid}', fields: { __name__: 1 } }, 'LS-2103'],
    [
      'a malformed field among those read',
      { pattern: 'Users/{uid}', fields: { a: 1 }, options: { reads: ['.b'] } },
      'LS-2103',
    ],
    ['undefined', { pattern: 'Users/{uid}', fields: { a: undefined } }, 'LS-2103'],
    ['a list in a list', { pattern: 'Users/{uid}', fields: { a: [[1]] } }, 'LS-2103'],
    ['an object of a class', { pattern: 'Users/{uid}', fields: { a: new Map() } }, 'LS-2103'],
  ])('refuses %s', (_, spec, code) => {
    expect(() => addField.parse(spec)).toThrow(expect.objectContaining({ code }))
  })

  it('takes every default that Firestore can keep', () => {
    const defaults = {
      a: 'x',
      b: 1,
      c: 1.5,
      d: 10n,
      e: true,
      f: null,
      g: [1, 'x'],
      h: { i: new Date(0) },
      j: new Uint8Array([1]),
      k: () => 'x',
    }
    expect(specOf('Users/{uid}', defaults).fields).toBe(defaults)
  })
})

describe('shape', () => {
  it('tells each field, its default as Firestore keeps it, and whether it is queried', () => {
    const pattern = 'Data/{uid}/chats/{id}'
    const fields = { language: 'en', 'settings.`a.b`': () => 1, seen: new Date(0) }
    const added = { change: 'add', pattern, queried: true }
    expect(addField.shape?.(specOf(pattern, fields, { queried: true }))).toEqual([
      { ...added, path: ['language'], default: { stringValue: 'en' } },
      { ...added, path: ['settings', 'a.b'], default: undefined },
      { ...added, path: ['seen'], default: { timestampValue: '1970-01-01T00:00:00Z' } },
    ])
    expect(addField.shape?.(specOf(pattern, { a: 1 }))).toMatchObject([{ queried: false }])
  })
})

describe('plan', () => {
  it('refuses a pattern that matches no document', async () => {
    await fill({ 'Users/a': { n: 1 } })
    await expect(addField.plan(specOf('users/{uid}', { language: 'en' }), look)).rejects.toMatchObject({
      code: 'LS-2102',
    })
  })

  it('estimates from what a sample lacks, and costs nothing on an emulator', async () => {
    await fill({ 'Users/a': { language: 'de' }, 'Users/b': {}, 'Users/c': {}, 'Users/d': { language: null } })
    const planned = await addField.plan(specOf('Users/{uid}', { language: 'en' }), look)
    expect(planned.effects).toEqual([
      expect.objectContaining({
        phase: 'backfill',
        unit: 'documents',
        count: { value: 2, source: 'sampled' },
        cost: 0,
      }),
    ])
    expect(planned.shards).toEqual([{ phase: 'backfill', stage: 0, scope: {}, estimate: 4 }])
  })

  it('is the same for the same fields, whatever the documents', async () => {
    await fill({ 'Users/a': {} })
    const first = await addField.plan(specOf('Users/{uid}', { language: 'en' }), look)
    await fill({ 'Users/b': {}, 'Users/c': {} })
    expect((await addField.plan(specOf('Users/{uid}', { language: 'en' }), look)).basis).toEqual(first.basis)
  })
})

describe('what is read', () => {
  const world = { 'Users/a': { name: 'Ada', secret: 'x', settings: { volume: 3 } } }

  it('is the field itself, and of a nested one the field at the top', async () => {
    await fill(world)
    await applied(specOf('Users/{uid}', { language: 'en', 'settings.tone': 'kind', 'settings.pitch': 1 }))
    expect(scanned).toEqual([[['language'], ['settings']]])
  })

  it('is the whole document for a function that does not say what it reads', async () => {
    await fill(world)
    await applied(specOf('Users/{uid}', { greeting: ({ name }) => `Hello ${String(name)}` }))
    expect(scanned).toEqual([undefined])
  })

  it('is what the function says: it sees nothing else', async () => {
    await fill(world)
    const seen: unknown[] = []
    const greeting: FieldDefault = (document, path) => {
      seen.push(document, path)
      return `Hello ${String(document['name'])}`
    }
    const { changes } = await applied(specOf('Users/{uid}', { greeting }, { reads: ['name'] }))
    expect(scanned).toEqual([[['greeting'], ['name']]])
    expect(seen).toEqual([{ name: 'Ada' }, { uid: 'a' }])
    expect(changes).toEqual({ 'Users/a': [{ path: ['greeting'], value: { stringValue: 'Hello Ada' } }] })
  })
})

describe('apply', () => {
  it('leaves null, empty and false alone: they are values', async () => {
    await fill({ 'Users/a': { f: null }, 'Users/b': { f: '' }, 'Users/c': { f: false }, 'Users/d': {} })
    expect(Object.keys((await applied(specOf('Users/{uid}', { f: 1 }))).changes)).toEqual(['Users/d'])
  })

  it('never writes through something that is not a map', async () => {
    await fill({ 'Users/a': { settings: 'none' }, 'Users/b': { settings: null }, 'Users/c': { settings: {} } })
    const spec = specOf('Users/{uid}', { 'settings.tone': 'kind' })
    expect(Object.keys((await applied(spec)).changes)).toEqual(['Users/c'])
    expect((await verified(spec)).findings).toEqual([
      { where: 'Users/a', problem: 'settings.tone a part of its path is not a map' },
      { where: 'Users/b', problem: 'settings.tone a part of its path is not a map' },
      { where: 'Users/c', problem: 'settings.tone is absent' },
    ])
  })

  it('keeps the types of defaults apart', async () => {
    await fill({ 'Users/a': {} })
    const { changes } = await applied(specOf('Users/{uid}', { a: 1, b: 1.5, c: 2n ** 60n, d: new Date(0) }))
    expect(changes['Users/a']?.map(({ value }) => value)).toEqual([
      { integerValue: '1' },
      { doubleValue: 1.5 },
      { integerValue: '1152921504606846976' },
      { timestampValue: '1970-01-01T00:00:00Z' },
    ])
  })

  it('names the document on which a function failed, not its contents', async () => {
    await fill({ 'Users/a': { name: 'secret name' } })
    const failing = specOf('Users/{uid}', {
      x: () => {
        throw new TypeError('no')
      },
    })
    await expect(applied(failing)).rejects.toMatchObject({
      code: 'LS-4004',
      message: 'the default function failed on document Users/a',
    })
  })

  it('refuses what a function returned and Firestore cannot keep', async () => {
    await fill({ 'Users/a': {} })
    await expect(applied(specOf('Users/{uid}', { x: () => undefined }))).rejects.toMatchObject({ code: 'LS-2103' })
  })
})

describe('verify', () => {
  it('leaves to the app what was written since', async () => {
    await fill({ 'Users/a': { language: 'en' } })
    const [{ updateTime } = { updateTime: '' }] = await documents
      .get(['Users/a'])
      .then((found) => found.flatMap((each) => each ?? []))
    await fill({ 'Users/b': {} })
    const spec = specOf('Users/{uid}', { language: 'en' })
    expect(await verified(spec, updateTime)).toEqual({ findings: [], checked: 2, what: 'documents read' })
    expect((await verified(spec)).findings).toEqual([{ where: 'Users/b', problem: 'language is absent' }])
  })

  it('reads no document of another depth', async () => {
    await fill({ 'Data/u/chats/1': { language: 'en' }, 'Archive/x/Data/u/chats/1': {} })
    expect(await verified(specOf('Data/{uid}/chats/{id}', { language: 'en' }))).toMatchObject({
      findings: [],
      checked: 1,
    })
  })
})

describe('remaining', () => {
  it('is nothing as soon as every document has every field, and a shard before', async () => {
    await fill({ 'Users/a': { f: 1, g: 1 }, 'Users/b': { f: 1 } })
    const spec = specOf('Users/{uid}', { f: 1, g: 1 })
    expect(await addField.remaining(spec, 'contract', look, null)).toHaveLength(1)
    await fill({ 'Users/b': { f: 1, g: null } })
    expect(await addField.remaining(spec, 'contract', look, null)).toEqual([])
  })
})

it('tells fields of which a function gives one value, or values that rise with the names', async () => {
  await fill(
    Object.fromEntries(Array.from({ length: 100 }, (_, n) => [`Users/${String(n).padStart(3, '0')}`, { n: n % 7 }])),
  )
  let now = 0
  const { hot } = await addField.plan(
    specOf('Users/{uid}', { migratedAt: () => new Date(now++), v: () => 2, twice: ({ n }) => Number(n) * 2 }),
    look,
  )
  expect(hot).toEqual([
    { collection: 'Users', path: ['migratedAt'], values: 'rising values' },
    { collection: 'Users', path: ['v'], values: 'one value' },
  ])
})
