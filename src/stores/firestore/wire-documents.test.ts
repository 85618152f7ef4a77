import { v1 } from '@google-cloud/firestore'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { anyFields } from '../../../test/stores/arbitrary-values.ts'
import type { Document } from '../documents.ts'
import type { RawDocument } from './protocol.ts'
import { encodeFieldsOf, encodeTimestamp } from './value-codec.ts'
import { readDocument } from './wire-documents.ts'

type Serialise = (message: object) => Buffer

const isSerialise = (value: unknown): value is Serialise => typeof value === 'function'

const root = 'projects/p/databases/(default)/documents/'

/** The driver's own serialisers: what is read went over the wire's form. */
function serialiserOf(method: string): Serialise {
  const client = new v1.FirestoreClient({ projectId: 'p', fallback: false })
  const path = ['_protos', 'google', 'firestore', 'v1', 'Firestore', 'service', method, 'responseSerialize']
  const found: unknown = path.reduce<unknown>((at, key) => Reflect.get(Object(at), key), client)
  if (!isSerialise(found)) throw new Error(`the driver shows no ${method}`)
  return found
}

const answers = {
  runQuery: serialiserOf('RunQuery'),
  batchGet: serialiserOf('BatchGetDocuments'),
}

function rawOf({ name, fields, createTime, updateTime }: Document): RawDocument {
  return {
    name: `${root}${name}`,
    fields: encodeFieldsOf(fields),
    createTime: encodeTimestamp(createTime),
    updateTime: encodeTimestamp(updateTime),
  }
}

const instant = '2026-01-31T08:30:00.123456Z'

describe('readDocument', () => {
  it('reads every document as it was, from both answers', () => {
    const same = fc.property(anyFields, (fields) => {
      const document = { name: 'Users/ä', fields, createTime: '0001-01-01T00:00:00.000000Z', updateTime: instant }
      const readTime = encodeTimestamp(instant)
      const rows = [
        answers.runQuery({ document: rawOf(document), readTime, skippedResults: 3 }),
        answers.batchGet({ found: rawOf(document), readTime }),
      ]
      for (const row of rows) {
        const back = readDocument(row, root.length)
        expect(back).toEqual(document)
        expect(Object.keys(back?.fields ?? {}).toSorted()).toEqual(Object.keys(fields).toSorted())
      }
    })
    fc.assert(same, { numRuns: 1_500 })
  })

  it('finds none where there is none', () => {
    expect(readDocument(answers.runQuery({ readTime: encodeTimestamp(instant) }), root.length)).toBeUndefined()
    expect(readDocument(answers.batchGet({ missing: `${root}Users/gone` }), root.length)).toBeUndefined()
  })

  it('keeps __proto__ as a key and pollutes nothing', () => {
    const fields = Object.fromEntries([['__proto__', { booleanValue: true }]])
    const document = { name: 'a/b', fields, createTime: instant, updateTime: instant }
    const back = readDocument(answers.runQuery({ document: rawOf(document) }), root.length)
    expect(Object.keys(back?.fields ?? {})).toEqual(['__proto__'])
    expect(Object.getPrototypeOf(back?.fields)).toBe(Object.prototype)
  })

  it('refuses a kind of value it does not know', () => {
    const unknown = Buffer.from([0x9a, 0x01, 0x00])
    const entry = Buffer.from([0x0a, 1, 97, 0x12, unknown.length, ...unknown])
    const document = Buffer.from([0x0a, 1, 110, 0x12, entry.length, ...entry])
    const row = Buffer.from([0x0a, document.length, ...document])
    expect(() => readDocument(row, 0)).toThrow('not known: 19')
  })
})
