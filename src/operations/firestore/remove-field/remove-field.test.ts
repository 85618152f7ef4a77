import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createFirestoreServer } from '../../../local/firestore/server.ts'
import type { FirestoreServer } from '../../../local/firestore/server.ts'
import type { Document, DocumentWriter, FieldChange, FieldPath } from '../../../stores/documents.ts'
import { createFirestoreDocuments } from '../../../stores/firestore/firestore-documents.ts'
import { encodeValue } from '../../../stores/values.ts'
import type { DocumentHands } from '../../document-hands.ts'
import type { Finding, Look, VerifyScope } from '../../operation.ts'
import { removeField, removeFieldStep } from './remove-field.ts'
import type { RemoveFieldSpec } from './remove-field.ts'

let server: FirestoreServer
let documents: DocumentWriter
let scanned: (readonly FieldPath[] | undefined)[]
let look: Look

beforeAll(async () => {
  server = await createFirestoreServer()
  documents = await createFirestoreDocuments({ projectId: 'demo-remove-field', emulatorHost: server.host })
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
  throw new Error('removeField looks only at the documents')
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

function specOf(fields: string | readonly string[], options = {}): RemoveFieldSpec {
  return removeField.parse(removeFieldStep('Users/{uid}', fields, options).spec)
}

async function verified(
  spec: RemoveFieldSpec,
  scope: Partial<VerifyScope>,
): Promise<{ readonly findings: readonly Finding[]; readonly checked: number }> {
  const found = removeField.verify(spec, look, {
    since: undefined,
    phase: 'contract',
    level: 'full',
    memo: null,
    images: none,
    signal: new AbortController().signal,
    ...scope,
  })
  const findings: Finding[] = []
  for (;;) {
    const next = await found.next()
    if (next.done === true) return { findings, checked: next.value.checked }
    findings.push(next.value)
  }
}

async function changes(spec: RemoveFieldSpec): Promise<Readonly<Record<string, readonly FieldChange[]>>> {
  const made: Record<string, readonly FieldChange[]> = {}
  const hands: DocumentHands = {
    documents: look.documents,
    async rewrite({ page, change }) {
      for (const document of page) made[document.name] = await change(document)
      return { cursor: null, changed: 0, skipped: 0, conflicts: 0 }
    },
    settle: none,
    images: none,
    kept: none,
  }
  const { signal } = new AbortController()
  const work = { spec, memo: null, phase: 'contract' as const, scope: {}, cursor: undefined, signal }
  for await (const _ of removeField.apply(work, hands)) continue
  return made
}

it.each<[string, unknown, string]>([
  ['no fields', { pattern: 'Users/{uid}', fields: [] }, 'LS-2002'],
  ['a field that is not text', { pattern: 'Users/{uid}', fields: [1] }, 'LS-2002'],
  ['no pattern', { fields: ['a'] }, 'LS-2002'],
  ['a collection instead of its documents', { pattern: 'Users', fields: ['a'] }, 'LS-2101'],
  ['a malformed field', { pattern: 'Users/{uid}', fields: ['a..b'] }, 'LS-2103'],
  ['every member of a list', { pattern: 'Users/{uid}', fields: ['a[]'] }, 'LS-2103'],
  ['a field twice', { pattern: 'Users/{uid}', fields: ['a.b', 'a.`b`'] }, 'LS-2103'],
  ['a field in another', { pattern: 'Users/{uid}', fields: ['a.b.c', 'a'] }, 'LS-2103'],
  ['a field of one entry and of every', { pattern: 'Users/{uid}', fields: ['a.*.c', 'a.b.c.d'] }, 'LS-2103'],
  ['a list and its members', { pattern: 'Users/{uid}', fields: ['a[].b', 'a'] }, 'LS-2103'],
])('refuses %s', (_, spec, code) => {
  expect(() => removeField.parse(spec)).toThrow(expect.objectContaining({ code }))
})

it('takes fields that lie beside one another, also through maps and lists', () => {
  const fields = ['a.*.c', 'a.b.d', 'items[].x', 'items[].y']
  expect(specOf(fields).fields).toEqual(fields)
  expect(removeField.shape?.(specOf(['a.b', 'c.*.d']))).toEqual([
    { change: 'remove', pattern: 'Users/{uid}', path: ['a', 'b'] },
    { change: 'remove', pattern: 'Users/{uid}', path: ['c'], spread: true },
  ])
})

describe('plan', () => {
  it('counts what goes and what it frees, and says that it is for good', async () => {
    await fill({ 'Users/a': { nick: 'four', n: 1 }, 'Users/b': { nick: null }, 'Users/c': { n: 2 } })
    const planned = await removeField.plan(specOf('nick'), look)
    // "nick" with 5 bytes of key, and 5 of text or 1 of null.
    expect(planned.effects).toEqual([
      expect.objectContaining({
        phase: 'contract',
        what: 'fields removed, about 16 bytes freed',
        count: { value: 2, source: 'counted' },
        cost: 0,
      }),
    ])
    expect(planned.shards).toEqual([])
    expect(planned.warnings.map(({ code }) => code)).toEqual(['W120'])
    expect((await removeField.plan(specOf('other'), look)).warnings).toEqual([])
  })

  it('reads no more than a sample, and counts beyond it where the store can', async () => {
    const many = Array.from({ length: 2_100 }, (_, n) => [
      `Users/${String(n).padStart(4, '0')}`,
      { nick: n, m: { a: { x: 1 } } },
    ])
    for (let at = 0; at < many.length; at += 500) await fill(Object.fromEntries(many.slice(at, at + 500)))
    const counts = async (spec: RemoveFieldSpec): Promise<unknown> =>
      (await removeField.plan(spec, look)).effects.map(({ count }) => count)
    expect(await counts(specOf('nick'))).toEqual([{ value: 2_100, source: 'counted' }])
    expect(await counts(specOf('m.*.x'))).toEqual([{ value: 2_100, source: 'sampled' }])
    expect(await counts(specOf('m.*.x', { check: 'full' }))).toEqual([{ value: 2_100, source: 'counted' }])
  })

  it('refuses a pattern that matches no document', async () => {
    await expect(removeField.plan(specOf('nick'), look)).rejects.toMatchObject({ code: 'LS-2102' })
  })
})

describe('work', () => {
  it('reads only the fields, and changes one path for all that lie in a list', async () => {
    await fill({ 'Users/a': { m: { k: { l: [{ x: 1, y: 2 }] }, j: { z: 1 } }, n: 5 } })
    const made = await changes(specOf(['m.k.l[].x', 'm.k.l[].y', 'm.*.z', 'gone']))
    expect(made['Users/a']?.map(({ path }) => path)).toEqual([
      ['m', 'k', 'l'],
      ['m', 'j', 'z'],
    ])
    expect(scanned).toEqual([[['m'], ['gone']]])
  })

  it('has nothing to do before the contract phase, and nothing where the store counts none', async () => {
    await fill({ 'Users/a': { nick: null }, 'Users/b': {} })
    const { remaining } = removeField
    expect(await remaining(specOf('nick'), 'backfill', look, null)).toEqual([])
    expect(await remaining(specOf('nick'), 'contract', look, null)).toHaveLength(1)
    expect(await remaining(specOf('nick.first'), 'contract', look, null)).toEqual([])
    expect(await remaining(specOf(['nick', 'other']), 'contract', look, null)).toHaveLength(1)
  })
})

describe('verify', () => {
  it('promises nothing before the contract phase, then names what is left', async () => {
    await fill({ 'Users/a': { nick: 1, m: { a: { x: 1 } } }, 'Users/b': {} })
    const spec = specOf(['nick', 'm.*.x'])
    expect(await verified(spec, { phase: 'cutover' })).toEqual({ findings: [], checked: 0 })
    expect((await verified(spec, {})).findings).toEqual([
      { where: 'Users/a', problem: 'nick is still there' },
      { where: 'Users/a', problem: 'm.*.x is still there' },
    ])
  })

  it('counts where that is proof, and leaves to the app what it wrote since', async () => {
    await fill({ 'Users/a': { n: 1 } })
    expect(await verified(specOf('nick'), { level: 'counts' })).toEqual({ findings: [], checked: 1 })
    expect(scanned).toEqual([])
    const [before] = (await documents.get(['Users/a'])) as readonly [Document]
    await fill({ 'Users/b': { nick: 1 } })
    expect(await verified(specOf('nick'), { since: before.updateTime })).toEqual({ findings: [], checked: 2 })
  })
})
