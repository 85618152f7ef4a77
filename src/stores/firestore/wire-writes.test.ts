import { v1 } from '@google-cloud/firestore'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { anyFields } from '../../../test/stores/arbitrary-values.ts'
import type { DocumentWrite, Expect } from '../documents.ts'
import { encodeBatchWrite } from './wire-writes.ts'
import { encodeWrite } from './write-codec.ts'

type Serialise = (message: object) => Buffer

const isSerialise = (value: unknown): value is Serialise => typeof value === 'function'

/** The driver's own serialiser. */
function driversEncoding(): Serialise {
  const client = new v1.FirestoreClient({ projectId: 'p', fallback: false })
  const path = ['_protos', 'google', 'firestore', 'v1', 'Firestore', 'service', 'BatchWrite', 'requestSerialize']
  const found: unknown = path.reduce<unknown>((at, key) => Reflect.get(Object(at), key), client)
  if (!isSerialise(found)) throw new Error('the driver shows no BatchWrite')
  return found
}

const expected: fc.Arbitrary<Expect> = fc.oneof(
  fc.constant('any' as const),
  fc.boolean().map((exists) => ({ exists })),
  fc.constantFrom({ updateTime: '2026-01-31T08:30:00.123456Z' }, { updateTime: '1969-12-31T23:59:59.000001Z' }),
)

const write: fc.Arbitrary<DocumentWrite> = fc.oneof(
  fc.record({ op: fc.constant('put' as const), name: fc.constant('a/b'), fields: anyFields, expect: expected }),
  fc.record({ op: fc.constant('delete' as const), name: fc.constant('ä/b'), expect: expected }),
  fc.record({ fields: anyFields, expect: expected }).map(({ fields, expect: held }): DocumentWrite => {
    const changes = Object.entries(fields).map(([key, value], n) => ({
      path: [key],
      value: n % 3 === 2 ? undefined : value,
    }))
    return { op: 'patch', name: 'a/b', changes, expect: held }
  }),
)

it("a request has the very bytes of the driver's, whatever is written", () => {
  const encode = driversEncoding()
  const same = fc.property(fc.array(write, { maxLength: 5 }), (writes) => {
    const request = { database: 'projects/p/databases/d', writes: writes.map((each) => encodeWrite(each, 'r').raw) }
    expect(encodeBatchWrite(request).equals(encode(request))).toBe(true)
  })
  fc.assert(same, { numRuns: 1_000 })
})
