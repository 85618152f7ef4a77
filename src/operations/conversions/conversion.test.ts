import { describe, expect, it } from 'vitest'
import type { Value } from '../../stores/documents.ts'
import type { FieldType } from './conversion.ts'
import { isConverted, isOfType, typeOf } from './conversion.ts'

const vector: Value = {
  mapValue: { fields: { __type__: { stringValue: '__vector__' }, value: { arrayValue: { values: [] } } } },
}

describe('typeOf', () => {
  it.each<[Value, FieldType]>([
    [{ nullValue: null }, 'null'],
    [{ booleanValue: false }, 'bool'],
    [{ integerValue: '0' }, 'int'],
    [{ doubleValue: 0 }, 'double'],
    [{ timestampValue: '1970-01-01T00:00:00Z' }, 'timestamp'],
    [{ stringValue: '' }, 'string'],
    [{ bytesValue: '' }, 'bytes'],
    [{ referenceValue: 'projects/p/databases/d/documents/a/b' }, 'reference'],
    [{ geoPointValue: { latitude: 0, longitude: 0 } }, 'geopoint'],
    [{ arrayValue: { values: [] } }, 'array'],
    [{ mapValue: { fields: {} } }, 'map'],
    [{ mapValue: { fields: { __type__: { stringValue: 'other' } } } }, 'map'],
    [vector, 'vector'],
  ])('%j is %s', (value, type) => {
    expect(typeOf(value)).toBe(type)
    expect(isOfType(value, type)).toBe(true)
    expect(isOfType(value, 'number')).toBe(type === 'int' || type === 'double')
    expect(isOfType(value, type === 'map' ? 'vector' : 'map')).toBe(false)
  })
})

describe('isConverted', () => {
  const ends = (from: FieldType, to: FieldType) => ({ from, to })

  it.each<[Value, { from: FieldType; to: FieldType }, boolean | undefined]>([
    [{ stringValue: '5' }, ends('string', 'int'), false],
    [{ integerValue: '5' }, ends('string', 'int'), true],
    [{ nullValue: null }, ends('string', 'int'), true],
    [{ booleanValue: true }, ends('string', 'int'), false],
    [{ integerValue: '5' }, ends('int', 'int'), undefined],
    [{ stringValue: '5' }, ends('int', 'int'), false],
    [{ integerValue: '5' }, ends('int', 'number'), undefined],
    [{ doubleValue: 5 }, ends('int', 'number'), true],
  ])('%j in %j: %s', (value, conversion, expected) => {
    expect(isConverted(value, conversion)).toBe(expected)
  })
})
