import fc from 'fast-check'
import { FieldPath, FieldValue } from '@google-cloud/firestore'
import { describe, expect, test } from 'vitest'
import type { Move } from './move.ts'
import { bothPaths, collectionPath, placesOf, readEntries, readMoved, writeMoved } from './moves.ts'
import type { MovedWrite } from './moves.ts'
import { fixedPhases } from './phases.ts'
import type { ClientPhase, Phases } from './phases.ts'

const sdk = { deleteField: () => FieldValue.delete(), FieldPath }
const gone = FieldValue.delete()
const at = (phase: ClientPhase): Phases => fixedPhases({ m: phase })

const renamed: Move = {
  migration: 'm',
  from: 'Whatsapp_Data/{uid}',
  to: 'whatsapp/{uid}',
  what: 'documents',
  inward: false,
}
const entries: Move = {
  migration: 'm',
  from: 'Users/{uid}',
  to: 'Users/{uid}/workflows/{id}',
  what: 'entries',
  inward: false,
  path: ['workflows'],
  key: 'name',
  value: 'is',
}
const split: Move = {
  migration: 'm',
  from: 'chats/{phone}',
  to: 'contacts/c_{phone}',
  what: 'fields',
  inward: false,
  fields: [['contactName'], ['team']],
  named: [['name'], ['in', 'team']],
}

describe('a renamed collection', () => {
  const below = 'whatsapp/u/chats/1'
  const former = 'Whatsapp_Data/u/chats/1'

  test.each([
    ['absent', [former, below], [former]],
    ['backfill', [below, former], [below, former]],
    ['contract', [below, former], [below]],
    ['completed', [below, former], [below]],
  ] as const)('in %s has its documents, and those below, in these places', (phase, read, write) => {
    expect(bothPaths([renamed], at(phase), below)).toEqual({ read, write })
    expect(bothPaths([renamed], at(phase), 'other/1')).toEqual({ read: ['other/1'], write: ['other/1'] })
  })

  test('is queried in the old place until the contract phase', () => {
    expect(collectionPath([renamed], at('cutover'), 'whatsapp/u/chats')).toBe('Whatsapp_Data/u/chats')
    expect(collectionPath([renamed], at('contract'), 'whatsapp/u/chats')).toBe('whatsapp/u/chats')
    expect(() => collectionPath([split], at('cutover'), 'contacts')).toThrow(/was not one collection/)
  })

  test('twice has three places', () => {
    const again: Move = { ...renamed, migration: 'n', from: 'whatsapp/{uid}', to: 'wa/{uid}' }
    const phases = fixedPhases({ m: 'cutover', n: 'backfill' })
    expect(bothPaths([renamed, again], phases, 'wa/u').write).toEqual(['wa/u', 'whatsapp/u', 'Whatsapp_Data/u'])
  })

  test('is read where it was written last', () => {
    const [neu, old] = placesOf(renamed, { uid: 'u' })
    const read = (phase: ClientPhase, stored: Readonly<Record<string, object>>): unknown =>
      readMoved(renamed, at(phase), { uid: 'u' }, stored)
    const both = { [neu ?? '']: { a: 1 }, [old ?? '']: { a: 2 } }
    expect([read('absent', both), read('cutover', both), read('contract', both)]).toEqual([
      { a: 2 },
      { a: 2 },
      { a: 1 },
    ])
    expect(read('cutover', { [neu ?? '']: { a: 1 } })).toEqual({ a: 1 })
    expect(read('cutover', {})).toBeUndefined()
  })
})

describe('fields that come into a map of another document', () => {
  const merged: Move = {
    ...split,
    from: 'contacts/{phone}',
    to: 'chats/{phone}',
    inward: true,
    fields: [['name']],
    named: [['contact', 'name']],
  }
  const params = { phone: '1' }

  test('are written to both places, and read from the map', () => {
    const both = writeMoved(merged, { phases: at('cutover'), sdk }, params, { contact: { name: 'Ada' } })
    expect(both.map(({ path }) => path).toSorted()).toEqual(['chats/1', 'contacts/1'])
    expect(both).toContainEqual(expect.objectContaining({ path: 'chats/1', data: { contact: { name: 'Ada' } } }))
    expect(both).toContainEqual(expect.objectContaining({ path: 'contacts/1', data: { name: 'Ada' } }))
    const stored = { 'chats/1': { contact: { name: 'Bo' }, name: 'of the chat' } }
    expect(readMoved(merged, at('contract'), params, stored)).toEqual(stored['chats/1'])
  })
})

describe('entries that become documents', () => {
  const params = { uid: 'u', id: 'ab' }
  const target = { phases: at('cutover'), sdk }

  test('are written to both places, with their key in the document alone', () => {
    expect(writeMoved(entries, target, params, { limit: 1 })).toEqual([
      { path: 'Users/u/workflows/ab', data: { limit: 1, name: 'ab' }, options: {} },
      {
        path: 'Users/u',
        data: { workflows: { ab: { limit: 1 } } },
        options: { mergeFields: [new FieldPath('workflows', 'ab')] },
      },
    ])
  })

  test('go from both places', () => {
    expect(writeMoved(entries, target, params, undefined)).toEqual([
      { path: 'Users/u/workflows/ab', delete: true },
      {
        path: 'Users/u',
        data: { workflows: { ab: gone } },
        options: { mergeFields: [new FieldPath('workflows', 'ab')] },
      },
    ])
  })

  test('with a dot in the key are written by update, since the server SDKs cannot merge those', () => {
    const [, write] = writeMoved(entries, target, { uid: 'u', id: 'a.b' }, { limit: 1 })
    expect(write).toEqual({ path: 'Users/u', update: [new FieldPath('workflows', 'a.b'), { limit: 1 }] })
  })

  test('are read together, whichever of them has been copied', () => {
    const host = { workflows: { a: { limit: 1 }, b: { limit: 2 }, plain: 5 } }
    const documents = { b: { limit: 2, name: 'b' }, c: { limit: 3, name: 'c' } }
    expect(readEntries(entries, at('backfill'), host, documents)).toEqual({
      a: { limit: 1, name: 'a' },
      b: { limit: 2, name: 'b' },
      c: { limit: 3, name: 'c' },
      plain: { is: 5, name: 'plain' },
    })
    expect(
      readEntries({ ...entries, from: entries.to, to: entries.from, inward: true }, at('backfill'), host, documents),
    ).toEqual({ a: { limit: 1 }, b: { limit: 2 }, c: { limit: 3 }, plain: 5 })
  })
})

describe('fields that become a document', () => {
  test('are written under their names in each', () => {
    const writes = writeMoved(
      split,
      { phases: at('cutover'), sdk },
      { phone: '1' },
      { name: 'Ada', in: { team: 't' }, own: 1 },
    )
    expect(writes).toEqual([
      { path: 'contacts/c_1', data: { name: 'Ada', in: { team: 't' }, own: 1 }, options: {} },
      {
        path: 'chats/1',
        data: { contactName: 'Ada', team: 't' },
        options: { mergeFields: [new FieldPath('contactName'), new FieldPath('team')] },
      },
    ])
  })

  test('are each read where they were written last', () => {
    const stored = { 'contacts/c_1': { name: 'Ada', own: 1 }, 'chats/1': { contactName: 'Bo', team: 't', other: 1 } }
    const read = readMoved(split, at('cutover'), { phone: '1' }, stored)
    expect(read).toEqual({ name: 'Bo', in: { team: 't' }, own: 1 })
    expect(readMoved(split, at('cutover'), { phone: '1' }, { 'chats/1': {} })).toBeUndefined()
  })

  test('a document that becomes a part of another one', () => {
    const merge: Move = {
      migration: 'm',
      from: 'profiles/{uid}',
      to: 'Users/{uid}',
      what: 'fields',
      inward: true,
      path: ['profile'],
    }
    const writes = writeMoved(merge, { phases: at('cutover'), sdk }, { uid: 'u' }, { profile: { a: 1 } })
    expect(writes).toEqual([
      { path: 'Users/u', data: { profile: { a: 1 } }, options: { mergeFields: [new FieldPath('profile')] } },
      { path: 'profiles/u', data: { a: 1 }, options: {} },
    ])
    expect(readMoved(merge, at('backfill'), { uid: 'u' }, { 'Users/u': { b: 1 }, 'profiles/u': { a: 2 } })).toEqual({
      b: 1,
      profile: { a: 2 },
    })
  })
})

test('what a client writes it reads back, phase after phase, until the old place is empty', () => {
  const order = ['absent', 'backfill', 'cutover', 'contract'] as const
  const anyMove = fc.constantFrom(
    [renamed, { uid: 'u' }, (n: number) => ({ n })] as const,
    [entries, { uid: 'u', id: 'k' }, (n: number) => ({ n, name: 'k' })] as const,
    [split, { phone: '1' }, (n: number) => ({ name: n, in: { team: 't' } })] as const,
  )
  fc.assert(
    fc.property(anyMove, fc.array(fc.nat(3), { minLength: 1, maxLength: 8 }), ([move, params, valueOf], steps) => {
      const stored: Record<string, object | undefined> = {}
      let value: object | undefined
      for (const [n, index] of [...steps].sort().entries()) {
        const phase = order[index] ?? 'absent'
        value = n % 4 === 3 ? undefined : valueOf(n)
        for (const write of writeMoved(move, { phases: at(phase), sdk }, params, value)) apply(stored, write)
        expect(readMoved(move, at(phase), params, stored)).toEqual(value)
      }
    }),
  )
})

/** As a store does it; of merges only those of whole fields. */
function apply(stored: Record<string, object | undefined>, write: MovedWrite): void {
  if ('delete' in write) stored[write.path] = undefined
  else if ('update' in write) throw new Error('no key has a dot here')
  else if (write.options.mergeFields === undefined) stored[write.path] = write.data
  else stored[write.path] = merged(stored[write.path] ?? {}, write.data)
}

function merged(old: object, data: object): object {
  const result: Record<string, unknown> = { ...old }
  for (const [key, value] of Object.entries(data)) {
    if (value instanceof FieldValue) delete result[key]
    else if (key === 'workflows') result[key] = merged(result[key] ?? {}, value as object)
    else result[key] = value
  }
  return result
}
