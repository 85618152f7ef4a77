import type { Interview } from '../firestore-answers.ts'
import { double, integer, list, map, nothing, put, text, vector } from '../firestore-calls.ts'
import type { ValueMessage } from '../firestore-calls.ts'

const most = 1_048_487
const nested = (levels: number): ValueMessage => (levels === 0 ? integer(1) : map({ m: nested(levels - 1) }))

/** Which names and field names are taken. */
export async function askAboutNames({ ask, calls }: Interview): Promise<void> {
  const paths = [
    'a',
    'a/__x__',
    'a/.',
    'a/..',
    '__a__/b',
    'a//b',
    'a/__id7__',
    'a/__id-7__',
    'a/__id07__',
    'a/__idx__',
    'a/__',
    'a/___',
    'a/\u0000b',
  ]
  const long = {
    'a long id': `a/${'x'.repeat(1501)}`,
    '100 levels': Array(100).fill('a/b').join('/'),
    '101 levels': Array(101).fill('a/b').join('/'),
  }
  for (const path of [...paths, 'a/__id99999999999999999999__'])
    await ask(`name ${JSON.stringify(path)}`, () => calls.commit([put(calls, path, {})]))
  for (const [what, path] of Object.entries(long)) await ask(what, () => calls.commit([put(calls, path, {})]))
  await ask('no name', () => calls.commit([{ update: { name: 'junk', fields: {} } }]))
  const keys = ['', '__x__', '__type__', '__name__', '__id7__', '__', 'a.b', 'a`b', 'constructor', '10']
  for (const key of keys)
    await ask(`field ${JSON.stringify(key)}`, () => calls.commit([put(calls, 'f/1', { [key]: integer(1) })]))
  for (const key of keys)
    await ask(`inner field ${JSON.stringify(key)}`, () =>
      calls.commit([put(calls, 'f/1', { m: map({ [key]: integer(1) }) })]),
    )
  await ask('a long field name', () => calls.commit([put(calls, 'f/1', { ['x'.repeat(1501)]: integer(1) })]))
  await ask('name order', async () => {
    const ids = [
      'a',
      'B',
      '__id7__',
      '__id-3__',
      '__id10__',
      '1',
      '10',
      '2',
      'é',
      '😀',
      '\uffee',
      'a!',
      'a\u0001',
      'ab',
      '__',
      '~',
      'a/n/z',
      'a!/n/z',
    ]
    await calls.batchWrite(ids.map((id) => put(calls, `n/${id}`, {})))
    return calls.found({ from: [{ collectionId: 'n', allDescendants: true }] })
  })
}

/** What comes back of every kind of value, and which values are refused. */
export async function askAboutValues({ ask, calls }: Interview): Promise<void> {
  const kept: Record<string, ValueMessage> = {
    null: nothing,
    boolean: { booleanValue: false },
    'integer 2^63-1': integer('9223372036854775807'),
    'integer -2^63': integer('-9223372036854775808'),
    'integer 2^53+1': integer('9007199254740993'),
    'double 5.0': double(5),
    'double -0': double(-0),
    'double NaN': double(Number.NaN),
    'double -Infinity': double(Number.NEGATIVE_INFINITY),
    'empty text': text(''),
    text: text('a\u0000é😀'),
    bytes: { bytesValue: Buffer.from([0, 255, 128]) },
    time: { timestampValue: { seconds: 1, nanos: 123_456_789 } },
    'first time': { timestampValue: { seconds: -62_135_596_800, nanos: 0 } },
    'last time': { timestampValue: { seconds: 253_402_300_799, nanos: 999_999_999 } },
    point: { geoPointValue: { latitude: -90, longitude: 180 } },
    reference: { referenceValue: calls.name('a/b') },
    'foreign reference': { referenceValue: 'projects/x/databases/y/documents/a/b' },
    'empty array': list(),
    array: list(integer(1), map({ a: list(double(1)) }), nothing),
    'empty map': map({}),
    'map with dots': map({ 'a.b': map({ c: integer(1) }) }),
    vector: vector(double(1), double(-0), double(Number.NEGATIVE_INFINITY)),
    '20 levels': nested(20),
  }
  for (const [what, value] of Object.entries(kept)) {
    await ask(what, async () => {
      await calls.commit([put(calls, 'v/1', { x: value })])
      return calls.get(['v/1'])
    })
  }
  const refused: Record<string, ValueMessage> = {
    unset: {},
    'array in array': list(list()),
    'vector in array': list(vector(double(1))),
    'vector of integers': vector(integer(1)),
    'vector with NaN': vector(double(Number.NaN)),
    'vector of nothing': vector(),
    'vector of 2049': vector(...Array<ValueMessage>(2049).fill(double(1))),
    'vector with more': map({ __type__: text('__vector__'), value: list(double(1)), more: integer(1) }),
    'another type': map({ __type__: text('__other__') }),
    '21 levels': nested(21),
    'time too early': { timestampValue: { seconds: -62_135_596_801, nanos: 0 } },
    'negative nanos': { timestampValue: { seconds: 1, nanos: -1 } },
    'latitude 91': { geoPointValue: { latitude: 91, longitude: 0 } },
    'reference to nowhere': { referenceValue: 'junk' },
    'reference to a collection': { referenceValue: calls.name('a') },
    'text too long': text('x'.repeat(most + 1)),
  }
  for (const [what, value] of Object.entries(refused))
    await ask(what, () => calls.commit([put(calls, 'v/1', { x: value })]))
  await ask('longest text', () => calls.commit([put(calls, 'v/1', { x: text('x'.repeat(most)) })]))
  await ask('too large', () =>
    calls.commit([put(calls, 'v/1', { x: text('x'.repeat(600_000)), y: text('x'.repeat(600_000)) })]),
  )
}
