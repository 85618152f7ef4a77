import type { Fields, Value } from '../../src/stores/documents.ts'
import type { Random } from './seeded.ts'

export const text = (value: string): Value => ({ stringValue: value })
export const int = (value: number): Value => ({ integerValue: String(value) })
export const map = (fields: Fields): Value => ({ mapValue: { fields } })

const rare: Fields = {
  truth: { booleanValue: false },
  five: { doubleValue: 5 },
  least: { integerValue: '-9223372036854775808' },
  minusZero: { doubleValue: '-0' },
  large: { integerValue: '1152921504606846976' },
  nan: { doubleValue: 'NaN' },
  infinite: { doubleValue: '-Infinity' },
  nothing: { nullValue: null },
  time: { timestampValue: '2025-03-11T08:30:00.123456Z' },
  before: { timestampValue: '0001-01-01T00:00:00.000001Z' },
  last: { timestampValue: '9999-12-31T23:59:59.999999Z' },
  foreign: { referenceValue: 'projects/another/databases/(default)/documents/Users/ada' },
  bytes: { bytesValue: 'AP/+' },
  noBytes: { bytesValue: '' },
  place: { geoPointValue: { latitude: -0.5, longitude: 179.999999 } },
  nowhere: { geoPointValue: { latitude: '-0', longitude: '-0' } },
  embedding: map({
    __type__: text('__vector__'),
    value: { arrayValue: { values: [{ doubleValue: 0.1 }, { doubleValue: '-0' }, { doubleValue: 3 }] } },
  }),
  'a.b `c`': map({ 'x/y': { booleanValue: false } }),
  list: { arrayValue: { values: [{ doubleValue: 5 }, int(5), map({ deep: { arrayValue: { values: [] } } })] } },
  emptyMap: map({}),
  emptyList: { arrayValue: { values: [] } },
  emptyText: text(''),
  '`\\': map({ __collections: map({}), subCollection: int(1), 'sent.at': { timestampValue: '2025-03-11T08:30:00Z' } }),
  emoji: text('😀é\u0000'),
}

export const rareNames: ReadonlySet<string> = new Set(Object.keys(rare))

/** A few fields of types that a careless copy would change, and one that nobody else has. */
export function rareFields(random: Random, n: number): Fields {
  const chosen = Object.entries(rare).filter(() => random() < 0.4)
  return { ...Object.fromEntries(chosen), serial: int(n) }
}

/** The same fields with another serial number: no client ever writes again what was there before. */
export function changed(value: Value, n: number): Value {
  return 'mapValue' in value ? map({ ...value.mapValue.fields, serial: int(n) }) : value
}
