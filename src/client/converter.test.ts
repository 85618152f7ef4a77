import { FieldPath, FieldValue, Timestamp } from '@google-cloud/firestore'
import { describe, expect, test } from 'vitest'
import { createConverter } from './converter.ts'
import { fixedPhases } from './phases.ts'
import type { ClientPhase } from './phases.ts'
import type { Shape, ShapeStep } from './shape.ts'

const sdk = { deleteField: () => FieldValue.delete(), Timestamp, FieldPath }
const gone = FieldValue.delete()

const rename: ShapeStep = { migration: 'm', change: 'rename', path: ['mail'], to: ['contact', 'email'] }
const dated: ShapeStep = {
  migration: 'm',
  change: 'convert',
  path: ['date'],
  to: ['sentAt'],
  conversion: { from: 'string', to: 'timestamp', format: 'DD/MM/YYYY', zone: 'UTC' },
}

function converterOf(phase: ClientPhase, ...steps: readonly ShapeStep[]): ReturnType<typeof createConverter> {
  const shape: Shape = { pattern: 'Users/{uid}', steps }
  return createConverter(shape, fixedPhases({ m: phase }), sdk)
}

describe('a renamed field', () => {
  test.each([
    ['absent', { mail: 'x', a: 1 }],
    ['backfill', { contact: { email: 'x' }, mail: 'x', a: 1 }],
    ['contract', { contact: { email: 'x' }, a: 1 }],
    ['completed', { contact: { email: 'x' }, a: 1 }],
    ['unknown', { contact: { email: 'x' }, mail: 'x', a: 1 }],
  ] as const)('is written in %s as that phase has it', (phase, stored) => {
    const written = converterOf(phase, rename).toFirestore({ a: 1, contact: { email: 'x' } })
    expect(written).toEqual(phase === 'absent' ? { ...stored, contact: {} } : stored)
  })

  test('is changed by update in both places, by the paths of the new shape', () => {
    expect(converterOf('cutover', rename).update({ 'contact.email': 'y' })).toEqual({ 'contact.email': 'y', mail: 'y' })
    expect(converterOf('absent', rename).update({ 'contact.email': 'y' })).toEqual({ mail: 'y' })
    expect(converterOf('contract', rename).update({ 'contact.email': 'y' })).toEqual({
      'contact.email': 'y',
      mail: gone,
    })
    expect(converterOf('completed', rename).update({ 'contact.email': 'y' })).toEqual({ 'contact.email': 'y' })
  })

  test.each(['absent', 'cutover', 'rolling back', 'contract'] as const)('is deleted in both places in %s', (phase) => {
    expect(converterOf(phase, rename).update({ 'contact.email': gone })).toEqual({ 'contact.email': gone, mail: gone })
  })

  test('goes into the map that is set around it, and out of one that says nothing of it', () => {
    const client = converterOf('cutover', rename)
    expect(client.update({ contact: { email: 'y', name: 'n' } })).toEqual({
      contact: { email: 'y', name: 'n' },
      mail: 'y',
    })
    expect(client.update({ contact: { name: 'n' } })).toEqual({ contact: { name: 'n' }, mail: gone })
  })

  test('is merged into both places, and left alone by a merge of something else', () => {
    const client = converterOf('cutover', rename)
    expect(client.toFirestore({ contact: { email: 'z' } }, { merge: true })).toEqual({
      contact: { email: 'z' },
      mail: 'z',
    })
    expect(client.toFirestore({ a: { b: 1 } }, { merge: true })).toEqual({ a: { b: 1 } })
  })

  test('takes sentinels to both places as they are', () => {
    const sentinel = FieldValue.increment(1)
    const written = converterOf('cutover', rename).update({ 'contact.email': sentinel })
    expect([written['contact.email'], written['mail']]).toEqual([sentinel, sentinel])
  })

  test('is refused in mergeFields, which would leave the other place out', () => {
    const client = converterOf('cutover', rename)
    expect(() => client.toFirestore({ contact: { email: 'z' } }, { mergeFields: ['contact'] })).toThrow(/mergeFields/)
    expect(client.toFirestore({ a: 1 }, { mergeFields: ['a'] })).toEqual({ a: 1 })
  })

  test('is not lost with a map that is replaced around its old place', () => {
    const nested: ShapeStep = { ...rename, path: ['contact', 'mail'], to: ['email'] }
    expect(() => converterOf('cutover', nested).update({ contact: { name: 'n' } })).toThrow(
      /contact\.mail .* taken away/,
    )
    expect(converterOf('completed', nested).update({ contact: { name: 'n' } })).toEqual({ contact: { name: 'n' } })
  })

  test('is changed by paths with any keys', () => {
    const strange: ShapeStep = { ...rename, path: ['a.b'], to: ['c'] }
    const client = converterOf('cutover', strange)
    expect(client.updateArguments([['c'], 1])).toEqual([new FieldPath('c'), 1, new FieldPath('a.b'), 1])
    expect(() => client.update({ c: 1 })).toThrow(/dotted path/)
  })
})

describe('a field converted beside', () => {
  const noon = Timestamp.fromDate(new Date('2025-03-11T00:00:00Z'))

  test('is read as the old client left it, until the new place says the same', () => {
    const client = converterOf('cutover', dated)
    expect(client.read({ date: '11/03/2025' })).toEqual({ sentAt: noon })
    const later = Timestamp.fromDate(new Date('2025-03-11T18:30:00Z'))
    expect(client.read({ date: '11/03/2025', sentAt: later })).toEqual({ sentAt: later })
    expect(client.read({ date: '12/03/2025', sentAt: later })).toEqual({
      sentAt: Timestamp.fromDate(new Date('2025-03-12T00:00:00Z')),
    })
  })

  test('is written as near as the old shape has it, and read back exactly', () => {
    const client = converterOf('cutover', dated)
    const at = Timestamp.fromDate(new Date('2025-03-11T18:30:00Z'))
    const stored = client.toFirestore({ sentAt: at })
    expect(stored).toEqual({ sentAt: at, date: '11/03/2025' })
    expect(client.read(stored)).toEqual({ sentAt: at })
  })

  test('what has no word in the old shape is in the new place alone', () => {
    const client = converterOf('cutover', dated)
    const now = FieldValue.serverTimestamp()
    expect(client.update({ sentAt: now })).toEqual({ sentAt: now, date: gone })
    expect(() => client.update({ sentAt: FieldValue.increment(1) })).toThrow(/depends on what is there/)
  })

  test('tells of what cannot be read exactly, and gives what cannot be read as it is', () => {
    const losses: unknown[] = []
    const shape = { pattern: 'Users/{uid}', steps: [dated] }
    const onLoss = (path: readonly string[], loss: string): void => void losses.push([path, loss])
    const client = createConverter(shape, fixedPhases({}), sdk, { onLoss })
    expect(client.read({ date: 'soon' })).toEqual({ sentAt: 'soon' })
    expect(losses).toEqual([[['sentAt'], 'unparsable']])
  })

  test('says which part of the SDK it lacks', () => {
    const bare = createConverter({ pattern: 'Users/{uid}', steps: [dated] }, fixedPhases({}), {
      deleteField: () => gone,
    })
    expect(() => bare.read({ date: '11/03/2025' })).toThrow(/needs Timestamp of the Firestore SDK/)
  })
})

describe('a field converted in place', () => {
  const cents: ShapeStep = {
    migration: 'm',
    change: 'convert',
    path: ['price'],
    to: ['price'],
    conversion: { from: 'number', to: 'number' },
    given: 'price',
    marker: { path: ['v'], value: { integerValue: '2' } },
  }
  const functions = {
    conversions: { price: { up: (v: number) => v / 100, down: (v: number) => Math.round(v * 100) } },
  }
  const of = (phase: ClientPhase, ...steps: readonly ShapeStep[]): ReturnType<typeof createConverter> =>
    createConverter({ pattern: 'Users/{uid}', steps }, fixedPhases({ m: phase }), sdk, { functions })

  test('is told by the marker where its type cannot', () => {
    expect(of('cutover', cents).read({ price: 250 })).toEqual({ price: 2.5 })
    expect(of('cutover', cents).read({ price: 2.5, v: 2 })).toEqual({ price: 2.5, v: 2 })
    expect(of('completed', cents).read({ price: 2.5 })).toEqual({ price: 2.5 })
  })

  test('is written with its marker, and in the old shape without', () => {
    expect(of('cutover', cents).toFirestore({ price: 2.5 })).toEqual({ price: 2.5, v: 2 })
    expect(of('cutover', cents).update({ price: 2.5 })).toEqual({ price: 2.5, v: 2 })
    expect(of('absent', cents).toFirestore({ price: 2.5, v: 2 })).toEqual({ price: 250 })
    expect(of('rolling back', cents).update({ price: 2.5 })).toEqual({ price: 250, v: gone })
    expect(of('cutover', cents).update({ a: 1 })).toEqual({ a: 1 })
  })

  test('shares its marker with a later step, whose value counts for both', () => {
    const later: ShapeStep = {
      ...cents,
      migration: 'n',
      path: ['w'],
      to: ['w'],
      marker: { path: ['v'], value: { integerValue: '3' } },
    }
    const client = createConverter(
      { pattern: 'Users/{uid}', steps: [cents, later] },
      fixedPhases({ m: 'cutover', n: 'backfill' }),
      sdk,
      { functions },
    )
    expect(client.read({ price: 2.5, w: 100, v: 2 })).toEqual({ price: 2.5, w: 1, v: 2 })
    expect(client.read({ price: 2.5, w: 1, v: 3 })).toEqual({ price: 2.5, w: 1, v: 3 })
    expect(client.toFirestore({ price: 2.5, w: 1, v: 2 })).toEqual({ price: 2.5, w: 1, v: 3 })
    expect(() => client.update({ price: 3 })).toThrow(/later migration/)
  })

  test('needs its function, and a value to compute from', () => {
    expect(() => converterOf('cutover', cents)).toThrow(/conversions has no "price"/)
    expect(() => of('cutover', cents).update({ price: FieldValue.increment(1) })).toThrow(/depends on what is there/)
  })
})

describe('other steps', () => {
  test('a default is read where the field is absent, from the document and its name where a function computes it', () => {
    const steps: readonly ShapeStep[] = [
      { migration: 'm', change: 'add', path: ['settings', 'language'], default: { stringValue: 'en' } },
      { migration: 'm', change: 'add', path: ['greeting'], given: 'greeting' },
    ]
    const greeting = (user: Readonly<Record<string, unknown>>, { uid }: Readonly<Record<string, string>>): string =>
      `${String(user['name'])} of ${uid}`
    const shape = { pattern: 'people/{uid}', formerly: ['Users/{uid}'], steps }
    const client = createConverter(shape, fixedPhases({}), sdk, { functions: { defaults: { greeting } } })
    const snapshot = { data: () => ({ name: 'Ada' }), ref: { path: 'Users/ada' } }
    expect(client.fromFirestore(snapshot)).toEqual({
      name: 'Ada',
      settings: { language: 'en' },
      greeting: 'Ada of ada',
    })
    expect(client.read({ settings: 'none', greeting: 1 })).toEqual({ settings: 'none', greeting: 1 })
  })

  test('a removed field stays for old clients until the contract phase', () => {
    const step: ShapeStep = { migration: 'm', change: 'remove', path: ['old'] }
    expect(converterOf('cutover', step).read({ old: 1, a: 1 })).toEqual({ old: 1, a: 1 })
    expect(converterOf('contract', step).read({ old: 1, a: 1 })).toEqual({ a: 1 })
    expect(converterOf('contract', step).toFirestore({ old: 1, a: 1 })).toEqual({ a: 1 })
  })

  test('a name that is used again belongs to the later step once the first is completed', () => {
    const again: ShapeStep = { migration: 'n', change: 'add', path: ['mail'], default: { integerValue: '0' } }
    const client = converterOf('completed', rename, again)
    expect(client.read({ mail: 7 })).toEqual({ mail: 7 })
    expect(client.toFirestore({ mail: 7, contact: { email: 'x' } })).toEqual({ mail: 7, contact: { email: 'x' } })
  })

  test('free code changes whole documents, and refuses parts of them before it is completed', () => {
    const step: ShapeStep = {
      migration: 'm',
      change: 'transform',
      given: 'document',
      marker: { path: ['v'], value: { integerValue: '1' } },
    }
    const transforms = {
      document: {
        up: ({ first, last }: Readonly<Record<string, unknown>>) => ({ name: `${String(first)} ${String(last)}` }),
        down: ({ name }: Readonly<Record<string, unknown>>) => {
          const [first, last] = String(name).split(' ')
          return { first, last }
        },
      },
    }
    const of = (phase: ClientPhase): ReturnType<typeof createConverter> =>
      createConverter({ pattern: 'Users/{uid}', steps: [step] }, fixedPhases({ m: phase }), sdk, {
        functions: { transforms },
      })
    expect(of('cutover').read({ first: 'A', last: 'B' })).toEqual({ name: 'A B' })
    expect(of('cutover').read({ name: 'A B', v: 1 })).toEqual({ name: 'A B', v: 1 })
    expect(of('cutover').toFirestore({ name: 'A B' })).toEqual({ name: 'A B', v: 1 })
    expect(of('absent').toFirestore({ name: 'A B' })).toEqual({ first: 'A', last: 'B' })
    expect(() => of('cutover').update({ name: 'x' })).toThrow(/whole/)
    expect(of('completed').update({ name: 'x' })).toEqual({ name: 'x' })
  })

  test('undefined is left to the SDK', () => {
    expect(converterOf('cutover', rename).update({ 'contact.email': undefined, a: 1 })).toEqual({
      a: 1,
      'contact.email': undefined,
    })
  })
})
