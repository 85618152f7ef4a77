import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { anyValue } from '../../../test/stores/arbitrary-values.ts'
import { LockstepError } from '../../kernel/errors.ts'
import type { Fields, Value } from '../../stores/documents.ts'
import { sameValue } from '../field-path.ts'
import type { BuiltInConversion } from './built-in-conversion.ts'
import { builtInConversion } from './built-in-conversion.ts'
import type { Loss } from './conversion.ts'
import { isOfType } from './conversion.ts'

const home = { project: 'acme', database: '(default)' }
const own = 'projects/acme/databases/(default)/documents/'
const foreign = 'projects/other/databases/eu/documents/Users/abc'

const text = (stringValue: string): Value => ({ stringValue })
const int = (integerValue: string): Value => ({ integerValue })
const list = (...values: Value[]): Value => ({ arrayValue: { values } })
const map = (fields: Fields): Value => ({ mapValue: { fields } })
const reference = (referenceValue: string): Value => ({ referenceValue })
const time = (timestampValue: string): Value => ({ timestampValue })
const double = (doubleValue: number): Value => ({ doubleValue })
const bool = (booleanValue: boolean): Value => ({ booleanValue })
const none = undefined

type Row = [Value, Value | undefined, Loss | undefined]

function goes(spec: BuiltInConversion, rows: readonly Row[]): void {
  describe(`${JSON.stringify(spec)}`, () => {
    it.each(rows)('%j is %j, loss %s', (value, result, loss) => {
      const converted = builtInConversion(spec, home).up(value)
      expect([converted.value, converted.loss]).toEqual([result, loss])
      const turned = builtInConversion({ ...spec, from: spec.to, to: spec.from }, home).down(value)
      expect([turned.value, turned.loss]).toEqual([result, loss])
    })
  })
}

goes({ from: 'string', to: 'bool' }, [
  [text('true'), bool(true), none],
  [text('false'), bool(false), none],
  [text(' True'), bool(true), 'formatting'],
  [text('yes'), none, 'unparsable'],
  [text(''), none, 'unparsable'],
  [int('1'), none, 'wrong-type'],
  [bool(true), bool(true), none],
  [{ nullValue: null }, { nullValue: null }, none],
])
goes({ from: 'string', to: 'bool', trueWords: ['ja', 'j'], falseWords: ['nein'] }, [
  [text('ja'), bool(true), none],
  [text('j'), bool(true), 'formatting'],
  [text('NEIN'), bool(false), 'formatting'],
  [text('true'), none, 'unparsable'],
])
goes({ from: 'bool', to: 'string', trueWords: ['ja', 'j'], falseWords: ['nein'] }, [
  [bool(true), text('ja'), none],
  [bool(false), text('nein'), none],
])

goes({ from: 'int', to: 'timestamp', unit: 'millis' }, [
  [int('1700000000123'), time('2023-11-14T22:13:20.123Z'), none],
  [int('-1'), time('1969-12-31T23:59:59.999Z'), none],
  [int('253402300800000'), none, 'out-of-range'],
  [int('-62135596800001'), none, 'out-of-range'],
  [int('9223372036854775807'), none, 'out-of-range'],
  [double(1), none, 'wrong-type'],
])
goes({ from: 'double', to: 'timestamp', unit: 'seconds' }, [
  [double(1_700_000_000.123456), time('2023-11-14T22:13:20.123456Z'), none],
  [double(-0.000001), time('1969-12-31T23:59:59.999999Z'), none],
  [double(0.0000015), time('1970-01-01T00:00:00.000001Z'), 'precision'],
  [{ doubleValue: '-0' }, time('1970-01-01T00:00:00Z'), 'precision'],
  [{ doubleValue: 'NaN' }, none, 'nan'],
  [{ doubleValue: '-Infinity' }, none, 'nan'],
  [double(1e30), none, 'out-of-range'],
])
goes({ from: 'number', to: 'timestamp', unit: 'seconds' }, [
  [int('5'), time('1970-01-01T00:00:05Z'), none],
  [double(5.5), time('1970-01-01T00:00:05.500Z'), none],
  [double(5), time('1970-01-01T00:00:05Z'), 'formatting'],
  [double(0.0000015), time('1970-01-01T00:00:00.000001Z'), 'precision'],
])
goes({ from: 'timestamp', to: 'int', unit: 'seconds' }, [
  [time('1970-01-01T00:00:05Z'), int('5'), none],
  [time('1970-01-01T00:00:05.5Z'), int('5'), 'precision'],
  [time('1969-12-31T23:59:59.5Z'), int('-1'), 'precision'],
])
goes({ from: 'timestamp', to: 'double', unit: 'millis' }, [
  [time('1970-01-01T00:00:00.000001Z'), double(0.001), none],
  [time('0001-01-01T00:00:00.000001Z'), double(-62_135_596_800_000), 'precision'],
])

goes({ from: 'reference', to: 'string' }, [
  [reference(`${own}Users/abc`), text('Users/abc'), none],
  [reference(foreign), text(foreign), none],
  [reference(`${own}projects/p/databases/d/documents/x`), text('projects/p/databases/d/documents/x'), none],
  [reference(`${own}Users/__id7__`), text('Users/__id7__'), none],
])
goes({ from: 'string', to: 'reference' }, [
  [text('Users/abc'), reference(`${own}Users/abc`), none],
  [text(foreign), reference(foreign), none],
  [text('/Users/abc'), reference(`${own}Users/abc`), 'formatting'],
  [text(`${own}Users/abc`), reference(`${own}Users/abc`), 'formatting'],
  [text('Users'), none, 'unparsable'],
  [text('Users//chats/1'), none, 'unparsable'],
  [text('Users/..'), none, 'unparsable'],
  [text('Users/__x__'), none, 'unparsable'],
  [text(''), none, 'unparsable'],
])

goes({ from: 'string', to: 'array' }, [[text('a'), list(text('a')), none]])
goes({ from: 'array', to: 'string' }, [
  [list(text('a')), text('a'), none],
  [list(text('a'), text('b')), text('a'), 'truncation'],
  [list(), none, 'unparsable'],
  [list(int('1')), none, 'wrong-type'],
])

goes({ from: 'map', to: 'array' }, [
  [map({ 1: text('b'), 0: text('a') }), list(text('a'), text('b')), none],
  [
    map(Object.fromEntries([...Array(11).keys()].map((i) => [i, int(`${i}`)]))),
    list(...[...Array(11).keys()].map((i) => int(`${i}`))),
    none,
  ],
  [map({}), list(), none],
  [map({ b: text('2'), a: text('1') }), list(text('1'), text('2')), 'truncation'],
  [map({ 0: list() }), none, 'wrong-type'],
  [map({ 0: map({ __type__: text('__vector__'), value: list() }) }), none, 'wrong-type'],
])
goes({ from: 'map', to: 'array', key: 'name' }, [
  [
    map({ b: map({ on: bool(true) }), a: map({}) }),
    list(map({ name: text('a') }), map({ name: text('b'), on: bool(true) })),
    none,
  ],
  [map({ a: map({ name: text('a') }) }), none, 'wrong-type'],
  [map({ a: text('x') }), none, 'wrong-type'],
  [map({ a: map({ __type__: text('__vector__'), value: list() }) }), none, 'wrong-type'],
])
goes({ from: 'array', to: 'map', key: 'name' }, [
  [list(map({ name: text('a'), on: bool(true) })), map({ a: map({ on: bool(true) }) }), none],
  [list(map({ name: text('b') }), map({ name: text('a') })), map({ a: map({}), b: map({}) }), 'order'],
  [
    list(map({ name: text('a'), n: int('1') }), map({ name: text('a'), n: int('2') })),
    map({ a: map({ n: int('2') }) }),
    'duplicate',
  ],
  [list(map({ name: int('1') })), none, 'wrong-type'],
  [list(text('a')), none, 'wrong-type'],
  [list(map({ name: text('') })), none, 'out-of-range'],
  [list(map({ name: text('__x__') })), none, 'out-of-range'],
])
goes({ from: 'map', to: 'array', key: 'lang', value: 'text' }, [
  [
    map({ en: text('Hi'), de: list(int('1')) }),
    list(map({ lang: text('de'), text: list(int('1')) }), map({ lang: text('en'), text: text('Hi') })),
    none,
  ],
])
goes({ from: 'array', to: 'map', key: 'lang', value: 'text' }, [
  [list(map({ lang: text('en'), text: text('Hi') })), map({ en: text('Hi') }), none],
  [list(map({ lang: text('en'), text: text('Hi'), more: int('1') })), none, 'wrong-type'],
  [list(map({ lang: text('en') })), none, 'wrong-type'],
])

const valid: readonly BuiltInConversion[] = [
  { from: 'string', to: 'int' },
  { from: 'string', to: 'double' },
  { from: 'string', to: 'number' },
  { from: 'int', to: 'double' },
  { from: 'string', to: 'bool' },
  { from: 'string', to: 'timestamp', format: ['DD/MM/YYYY', 'YYYY-MM-DD HH:mm'], zone: 'Europe/Berlin' },
  { from: 'int', to: 'timestamp', unit: 'seconds' },
  { from: 'double', to: 'timestamp', unit: 'millis' },
  { from: 'number', to: 'timestamp', unit: 'millis' },
  { from: 'map', to: 'array' },
  { from: 'map', to: 'array', key: '0' },
  { from: 'map', to: 'array', key: 'length', value: '0' },
  { from: 'reference', to: 'string' },
  { from: 'geopoint', to: 'array' },
]

/** Texts that come near to what conversions read. */
const nearText = fc
  .oneof(
    fc.integer().map(String),
    fc.double().map(String),
    fc.stringMatching(/^[+-]?\d{0,3}\.?\d{0,2}(e\d)?$/),
    fc.stringMatching(/^[0-3]\d\/[01]\d\/20\d\d$/),
    fc.stringMatching(/^2025-(03-30|10-26) 0[0-3]:[0-5]\d$/),
    fc.constantFrom('true', 'FALSE', 'NaN', 'Users/abc', foreign, ' 7 '),
  )
  .map(text)
const nearList = fc
  .array(fc.record({ length: fc.constantFrom('a', 'b', '').map(text), 0: anyValue }).map(map), { maxLength: 3 })
  .map((values) => list(...values))

describe.each(valid)('%j', (spec) => {
  it.each(['up', 'down'] as const)('%s without loss gives the target type, and comes back identical', (way) => {
    const { from, to, up, down } = builtInConversion(spec, home)
    const [there, back, source, target] = way === 'up' ? [up, down, from, to] : [down, up, to, from]
    const law = fc.property(fc.oneof(anyValue, nearText, nearList), (value) => {
      const { value: result, loss } = there(value)
      if (loss !== undefined || 'nullValue' in value) return
      expect(isOfType(result, target)).toBe(true)
      if (!isOfType(value, source)) return
      const home = back(result)
      expect(home.loss).toBeUndefined()
      expect(sameValue(home.value, value)).toBe(true)
    })
    fc.assert(law, { numRuns: 300 })
  })
})

it.each<[BuiltInConversion, string]>([
  [{ from: 'bool', to: 'timestamp' }, 'pair of types is not valid: there is none built in from bool to timestamp'],
  [{ from: 'int', to: 'int' }, 'pair of types is not valid: there is none built in from int to int'],
  [{ from: 'vector', to: 'array' }, 'pair of types is not valid: there is none built in from vector to array'],
  [{ from: 'string', to: 'null' }, 'pair of types is not valid: there is none built in from string to null'],
  [{ from: 'string', to: 'int', unit: 'millis' }, 'unit is not valid: it means nothing from string to int'],
  [{ from: 'int', to: 'timestamp' }, 'unit is not valid: it is missing or unknown'],
  [{ from: 'string', to: 'timestamp' }, 'format is not valid: it is missing'],
  [{ from: 'string', to: 'timestamp', format: [] }, 'format is not valid: it is missing'],
  [{ from: 'string', to: 'timestamp', format: 'DD/MM/YYYY' }, 'zone is not valid: a format without Z or ZZ needs one'],
  [
    { from: 'string', to: 'timestamp', format: 'YYYY', zone: 'Mars/Base' },
    'zone is not valid: "Mars/Base" is not known here',
  ],
  [
    { from: 'string', to: 'timestamp', format: 'dd/MM/yyyy', zone: 'UTC' },
    'format "dd/MM/yyyy" is not valid: "dd" is no token',
  ],
  [
    { from: 'string', to: 'timestamp', format: 'YYYY [x', zone: 'UTC' },
    'format "YYYY [x" is not valid: "[" is no token',
  ],
  [
    { from: 'string', to: 'timestamp', format: 'YYYY YY', zone: 'UTC' },
    'format "YYYY YY" is not valid: the year is there twice',
  ],
  [
    { from: 'string', to: 'timestamp', format: 'DD/MM', zone: 'UTC' },
    'format "DD/MM" is not valid: the year is missing',
  ],
  [
    { from: 'string', to: 'timestamp', format: 'YYYY hh', zone: 'UTC' },
    'format "YYYY hh" is not valid: hh or h needs A or a',
  ],
  [
    { from: 'string', to: 'timestamp', format: 'DMYYYY', zone: 'UTC' },
    'format "DMYYYY" is not valid: a token of one or two digits is followed',
  ],
  [{ from: 'string', to: 'bool', trueWords: [] }, 'words is not valid: trueWords is empty'],
  [{ from: 'string', to: 'bool', trueWords: ['x'], falseWords: ['y', 'X'] }, 'words is not valid: "x" means both'],
  [{ from: 'map', to: 'array', value: 'v' }, 'key is not valid: value is named without it'],
  [{ from: 'map', to: 'array', key: 'v', value: 'v' }, 'key is not valid: value has the same name'],
  [{ from: 'map', to: 'array', key: '__v__' }, 'key is not valid: Firestore refuses "__v__" as a member'],
])('refuses %j', (spec, message) => {
  const refused = { code: 'LS-2109', message: expect.stringContaining(`the conversion's ${message}`) as string }
  expect(() => builtInConversion(spec, home)).toThrow(expect.objectContaining(refused))
})

it('refuses references without the database they are in', () => {
  expect(() => builtInConversion({ from: 'reference', to: 'string' })).toThrow(LockstepError)
})
