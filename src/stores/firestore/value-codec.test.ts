import { v1 } from '@google-cloud/firestore'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { anyFields } from '../../../test/stores/arbitrary-values.ts'
import type { Fields } from '../documents.ts'
import type { RawFields } from './protocol.ts'
import { decodeFieldsOf, decodeVersion, encodeFieldsOf, encodeTimestamp } from './value-codec.ts'
import { encodeWrite } from './write-codec.ts'

interface Method {
  requestSerialize(request: unknown): Buffer
  requestDeserialize(bytes: Buffer): { writes: readonly { update: { fields: RawFields } }[] }
}

/** The driver's own serialiser, so that what is tested went over the wire's form. */
function isMethod(value: unknown): value is Method {
  return typeof value === 'object' && value !== null && 'requestSerialize' in value
}

async function batchWriteMethod(): Promise<Method> {
  const client = new v1.FirestoreClient({
    projectId: 'p',
    fallback: false,
    clientOptions: { universeDomain: 'googleapis.com' },
  })
  const protos: unknown = Reflect.get(client, '_protos')
  const method: unknown = ['google', 'firestore', 'v1', 'Firestore', 'service', 'BatchWrite'].reduce<unknown>(
    (at, key) => Reflect.get(Object(at), key),
    protos,
  )
  if (!isMethod(method)) throw new Error('the driver shows no BatchWrite method')
  return method
}

const method = await batchWriteMethod()

function throughTheWire(fields: Fields): Fields {
  const bytes = method.requestSerialize({ writes: [{ update: { name: 'n', fields: encodeFieldsOf(fields) } }] })
  const [write] = method.requestDeserialize(bytes).writes
  return decodeFieldsOf(write?.update.fields ?? {})
}

describe('value codec', () => {
  it('gives any fields back after the wire, exactly', () => {
    fc.assert(
      fc.property(anyFields, (fields) => {
        const back = throughTheWire(fields)
        expect(back).toEqual(fields)
        expect(Object.keys(back).toSorted()).toEqual(Object.keys(fields).toSorted())
      }),
      { numRuns: 1_500 },
    )
  })

  it('keeps __proto__ as a key and pollutes nothing', () => {
    const inner: Fields = Object.fromEntries([['__proto__', { booleanValue: true }]])
    const fields: Fields = Object.fromEntries([['__proto__', { mapValue: { fields: inner } }]])
    const back = throughTheWire(fields)
    expect(JSON.stringify(back)).toBe(JSON.stringify(fields))
    expect(Object.getPrototypeOf(back)).toBe(Object.prototype)
    expect('mapValue' in {}).toBe(false)
  })

  it('never counts fewer bytes for a write than it takes', () => {
    fc.assert(
      fc.property(anyFields, (fields) => {
        const { raw, bytes } = encodeWrite(
          { op: 'put', name: 'a/ü', fields, expect: { updateTime: '2026-01-01T00:00:00.000001Z' } },
          'projects/p/databases/d/documents',
        )
        expect(method.requestSerialize({ writes: [raw] }).length).toBeLessThanOrEqual(bytes)
      }),
    )
    fc.assert(
      fc.property(fc.array(fc.string({ minLength: 1 }), { maxLength: 4, minLength: 1 }), anyFields, (path, fields) => {
        const changes = [{ path, value: { mapValue: { fields } } }]
        const { raw, bytes } = encodeWrite(
          { op: 'patch', name: 'a/b', changes, expect: { exists: true } },
          'projects/p/databases/d/documents',
        )
        expect(method.requestSerialize({ writes: [raw] }).length).toBeLessThanOrEqual(bytes)
      }),
    )
  })

  it('counts long texts in bytes, not in characters', () => {
    const long = 'ü'.repeat(10_000)
    const fields: Fields = { [long.slice(0, 700)]: { stringValue: long }, r: { referenceValue: long } }
    const { raw, bytes } = encodeWrite(
      { op: 'put', name: `a/${long.slice(0, 700)}`, fields, expect: 'any' },
      'projects/p',
    )
    expect(method.requestSerialize({ writes: [raw] }).length).toBeLessThanOrEqual(bytes)
  })

  it.each([
    ['0001-01-01T00:00:00.000000Z', '-62135596800', 0],
    ['9999-12-31T23:59:59.999999999Z', '253402300799', 999_999_999],
    ['1969-12-31T23:59:59.000001Z', '-1', 1000],
  ])('reads and writes the version %s', (text, seconds, nanos) => {
    expect(encodeTimestamp(text)).toEqual({ seconds, nanos })
    expect(decodeVersion({ seconds, nanos })).toBe(text)
  })

  it.each(['', '2026-01-31', '2026-13-01T00:00:00Z', '2026-01-31T08:30:00+01:00', '2026-01-31T08:30:00.1234567890Z'])(
    'refuses the timestamp %j',
    (timestampValue) => {
      expect(() => encodeFieldsOf({ t: { timestampValue } })).toThrow(expect.objectContaining({ code: 'LS-2103' }))
    },
  )

  it.each(['', '1.5', '9223372036854775808', '-9223372036854775809', 'x', '1e3'])(
    'refuses the integer %j',
    (integerValue) => {
      expect(() => encodeFieldsOf({ n: { integerValue } })).toThrow(expect.objectContaining({ code: 'LS-2103' }))
    },
  )
})
