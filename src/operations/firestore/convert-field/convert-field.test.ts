import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createFirestoreServer } from '../../../local/firestore/server.ts'
import type { FirestoreServer } from '../../../local/firestore/server.ts'
import { isLockstepError } from '../../../kernel/errors.ts'
import type { LockstepError } from '../../../kernel/errors.ts'
import type { DocumentWriter, FieldPath, Fields } from '../../../stores/documents.ts'
import { createFirestoreDocuments } from '../../../stores/firestore/firestore-documents.ts'
import type { DocumentImage } from '../../document-hands.ts'
import type { Finding, Look, StepPlan } from '../../operation.ts'
import { convertField, convertFieldStep } from './convert-field.ts'
import type { ConvertFieldOptions, ConvertFieldSpec } from './convert-spec.ts'

let server: FirestoreServer
let documents: DocumentWriter
let scanned: (readonly FieldPath[] | undefined)[]
let look: Look

const none = (): never => {
  throw new Error('convertField looks only at the documents')
}

beforeAll(async () => {
  server = await createFirestoreServer()
  documents = await createFirestoreDocuments({ projectId: 'demo-convert', emulatorHost: server.host })
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

async function fill(world: Readonly<Record<string, Fields>>): Promise<void> {
  const writes = Object.entries(world).map(([name, fields]) => ({
    op: 'put' as const,
    name,
    fields,
    expect: 'any' as const,
  }))
  expect((await documents.write(writes)).filter(({ ok }) => !ok)).toEqual([])
}

const text = (stringValue: string): Fields => ({ f: { stringValue } })

function specOf(path: string, options: ConvertFieldOptions, pattern = 'Users/{uid}'): ConvertFieldSpec {
  return convertField.parse(convertFieldStep(pattern, path, options).spec)
}

async function refusal(planned: Promise<StepPlan>): Promise<readonly LockstepError[]> {
  const error: unknown = await planned.catch((thrown: unknown) => thrown)
  if (!isLockstepError(error)) throw new Error('it was not refused', { cause: error })
  return [error, ...error.also]
}

async function findings(spec: ConvertFieldSpec, since?: string): Promise<readonly Finding[]> {
  const signal = new AbortController().signal
  const images = async (): Promise<ReadonlyMap<string, readonly DocumentImage[]>> => new Map()
  const found = convertField.verify(spec, look, { since, phase: 'verify', level: 'full', memo: null, signal, images })
  const all: Finding[] = []
  for (;;) {
    const next = await found.next()
    if (next.done === true) return all
    all.push(next.value)
  }
}

describe('parse', () => {
  const ints = { from: 'int', to: 'int', up: (n: number | bigint) => n } as const
  it.each<[string, unknown, string]>([
    ['no options', { pattern: 'Users/{uid}', path: 'f' }, 'LS-2002'],
    ['a collection', { pattern: 'Users', path: 'f', options: { from: 'string', to: 'int' } }, 'LS-2101'],
    ['a malformed field', { pattern: 'U/{u}', path: 'f..g', options: { from: 'string', to: 'int' } }, 'LS-2103'],
    ['a type that is none', { pattern: 'U/{u}', path: 'f', options: { from: 'text', to: 'int' } }, 'LS-2109'],
    ['types without a conversion', { pattern: 'U/{u}', path: 'f', options: { from: 'bytes', to: 'int' } }, 'LS-2109'],
    ['a missing format', { pattern: 'U/{u}', path: 'f', options: { from: 'string', to: 'timestamp' } }, 'LS-2109'],
    ['an option that is idle', { pattern: 'U/{u}', path: 'f', options: { ...ints, unit: 'millis' } }, 'LS-2109'],
    ['down alone', { pattern: 'U/{u}', path: 'f', options: { from: 'string', to: 'int', down: String } }, 'LS-2109'],
    ['a strategy that is none', { pattern: 'U/{u}', path: 'f', options: { ...ints, strategy: 'both' } }, 'LS-2002'],
    ['beside without a name', { pattern: 'U/{u}', path: 'f', options: { ...ints, strategy: 'beside' } }, 'LS-2002'],
    ['a name in place', { pattern: 'U/{u}', path: 'f', options: { ...ints, as: 'g' } }, 'LS-2002'],
    [
      'a marker beside',
      {
        pattern: 'U/{u}',
        path: 'f',
        options: { ...ints, strategy: 'beside', as: 'g', marker: { field: 'v', value: 1 } },
      },
      'LS-2002',
    ],
    [
      'a field in itself',
      { pattern: 'U/{u}', path: 'f', options: { ...ints, strategy: 'beside', as: 'f.g' } },
      'LS-2103',
    ],
    [
      'another list',
      { pattern: 'U/{u}', path: 'a[].f', options: { ...ints, strategy: 'beside', as: 'b[].f' } },
      'LS-2103',
    ],
    [
      'a marker elsewhere',
      { pattern: 'U/{u}', path: 'f', options: { ...ints, marker: { field: 'm.v', value: 1 } } },
      'LS-2103',
    ],
    [
      'a marker for a whole list',
      { pattern: 'U/{u}', path: 'a[].f', options: { ...ints, marker: { field: 'v', value: 1 } } },
      'LS-2103',
    ],
    ['an unknown loss', { pattern: 'U/{u}', path: 'f', options: { ...ints, accept: { loss: 'null' } } }, 'LS-2109'],
    ['an unknown rule', { pattern: 'U/{u}', path: 'f', options: { ...ints, accept: { nan: 'drop' } } }, 'LS-2109'],
    ['no default', { pattern: 'U/{u}', path: 'f', options: { ...ints, accept: { nan: 'default' } } }, 'LS-2109'],
    [
      'a default of another type',
      { pattern: 'U/{u}', path: 'f', options: { ...ints, accept: { nan: 'default' }, default: 'x' } },
      'LS-2109',
    ],
    ['an unknown check', { pattern: 'U/{u}', path: 'f', options: { ...ints, check: 'none' } }, 'LS-2002'],
  ])('refuses %s', (_, spec, code) => {
    expect(() => convertField.parse(spec)).toThrow(expect.objectContaining({ code }))
  })

  it('takes equal types in place without a marker: lint and the plan say what that means', async () => {
    await fill({ 'Users/a': { f: { integerValue: '5' } } })
    const { warnings } = await convertField.plan(specOf('f', { ...ints, down: (n) => n }), look)
    expect(warnings.map(({ code }) => code)).toEqual(['W112'])
    expect((await convertField.plan(specOf('f', ints), look)).warnings.map(({ code }) => code)).toEqual([
      'W112',
      'W113',
    ])
  })
})

describe.each(['in-place', 'beside'] as const)('plan, %s', (strategy) => {
  const where = strategy === 'beside' ? ({ strategy, as: 'g' } as const) : ({ strategy } as const)
  const toInt = { from: 'string', to: 'int', ...where } as const

  it('counts what would be lost by its kind, names examples, and says how to accept it', async () => {
    const bad = Object.fromEntries(Array.from({ length: 7 }, (_, n) => [`Users/n${n}`, text('secret')]))
    await fill({
      ...bad,
      'Users/a': text('5'),
      'Users/b': text('007'),
      'Users/c': { f: { booleanValue: true } },
      'Users/d': {},
    })
    const errors = await refusal(convertField.plan(specOf('f', toInt), look))
    const told = errors.slice(1).concat(errors.slice(0, 1))
    const kinds = told.map(({ message, where: place }) => `${message} ${place?.name ?? ''}`)
    expect(
      kinds.some(
        (each) =>
          each.includes('7 documents') &&
          each.includes('(unparsable)') &&
          each.includes('Users/n0') &&
          each.endsWith('…'),
      ),
    ).toBe(true)
    expect(
      kinds.some((each) => each.includes('1 document:') && each.includes('(formatting)') && each.includes('Users/b')),
    ).toBe(true)
    expect(
      kinds.some((each) => each.includes('1 document:') && each.includes('(wrong-type)') && each.includes('Users/c')),
    ).toBe(true)
    expect(errors).toHaveLength(3)
    expect(errors.every(({ code, hint }) => code === 'LS-2110' && hint?.includes('accept: {') === true)).toBe(true)
    expect(JSON.stringify(errors.map(({ message, hint, where: place }) => [message, hint, place]))).not.toContain(
      'secret',
    )
  })

  it('takes what is accepted by name, and counts what it will write', async () => {
    await fill({ 'Users/a': text('5'), 'Users/b': text('x'), 'Users/c': text('007'), 'Users/d': {} })
    const accept = { unparsable: 'default', formatting: (value: unknown) => Number(value) } as const
    const { effects, shards } = await convertField.plan(specOf('f', { ...toInt, accept, default: 0 }), look)
    expect(effects[0]?.count).toEqual({ value: 3, source: 'counted' })
    expect(shards).toHaveLength(1)
  })

  it('reads whole documents in the plan, for their limits, and after it only the field', async () => {
    await fill({ 'Users/a': { f: { mapValue: { fields: text('5') } } } })
    const spec = specOf('f.f', { ...toInt, ...(strategy === 'beside' ? { as: 'f.g' } : {}), check: 'sample' })
    await convertField.plan(spec, look)
    expect(scanned).toEqual([undefined])
    scanned = []
    await findings(spec)
    expect(scanned).toEqual([[['f']]])
  })

  it('refuses a pattern that matches nothing', async () => {
    const [error] = await refusal(convertField.plan(specOf('f', toInt), look))
    expect(error?.code).toBe('LS-2102')
  })

  it('is found unfinished by verification, and so is a loss that came later, but not what is the app’s business', async () => {
    await fill({ 'Users/a': text('5'), 'Users/b': text('secret') })
    const spec = specOf('f', toInt)
    const found = await findings(spec)
    expect(found.map(({ where: name }) => name)).toEqual(['Users/a', 'Users/b'])
    expect(found[1]?.problem).toContain('(unparsable)')
    expect(JSON.stringify(found)).not.toContain('secret')
    expect(await findings(spec, '2000-01-01T00:00:00.000000Z')).toEqual([])
  })
})

it.each([{}, { strategy: 'beside', as: 'l[].g' }] as const)(
  'counts a document once for a kind of loss in its lists',
  async (where) => {
    const members = ['x', 'y', '5'].map((stringValue) => ({ mapValue: { fields: text(stringValue) } }))
    await fill({ 'Users/a': { l: { arrayValue: { values: members } } } })
    const errors = await refusal(convertField.plan(specOf('l[].f', { from: 'string', to: 'int', ...where }), look))
    expect(errors.map(({ message }) => message)).toEqual([expect.stringContaining('1 document: ')])
    expect(errors[0]?.hint).toContain("accept: { 'unparsable': 'null' }")
  },
)

it('says in the plan that values of the new type are there already', async () => {
  await fill({ 'Users/a': text('5'), 'Users/b': { f: { integerValue: '5' } }, 'Users/c': { f: { nullValue: null } } })
  const planned = await convertField.plan(specOf('f', { from: 'string', to: 'int' }), look)
  expect(planned.warnings.map(({ code, message }) => [code, message])).toEqual([
    ['W111', '1 documents hold the new shape already'],
  ])
  expect(planned.memo).toEqual({ mixed: true })
})

it('finds a marked document that is too deep or too large before it is written', async () => {
  await fill({ 'Users/a': { f: { stringValue: 'x'.repeat(700_000) } } })
  const double = { from: 'string', to: 'string', up: (value: string) => value + value } as const
  const [error] = await refusal(convertField.plan(specOf('f', { ...double, marker: { field: 'v', value: 2 } }), look))
  expect(error).toMatchObject({ code: 'LS-2110', message: expect.stringContaining('larger than 1 MiB') as unknown })
})

it('knows the home database of references', async () => {
  await fill({ 'Users/a': { f: { referenceValue: 'projects/demo-convert/databases/(default)/documents/Users/b' } } })
  const spec = specOf('f', { from: 'reference', to: 'string' })
  expect((await convertField.plan(spec, look)).effects[0]?.count.value).toBe(1)
})

it('tells clients what it means', () => {
  const marker = { field: 'v', value: 2 }
  const shape = (path: string, options: ConvertFieldOptions) => convertField.shape?.(specOf(path, options))
  expect(shape('a.f', { from: 'string', to: 'timestamp', format: 'DD/MM/YYYY', zone: 'UTC' })).toEqual([
    {
      change: 'convert',
      pattern: 'Users/{uid}',
      path: ['a', 'f'],
      to: ['a', 'f'],
      conversion: { from: 'string', to: 'timestamp', format: 'DD/MM/YYYY', zone: 'UTC' },
      custom: false,
    },
  ])
  expect(shape('f', { from: 'int', to: 'int', up: (n) => n, marker, queried: true })).toMatchObject([
    { custom: true, marker: { path: ['v'], value: { integerValue: '2' } }, queried: true },
  ])
  expect(shape('l[].f', { from: 'string', to: 'int', strategy: 'beside', as: 'l[].g' })).toMatchObject([
    { path: ['l[].f'], to: ['l[].g'], spread: true },
  ])
})
