import protobuf from 'protobufjs/minimal.js'
import { LockstepError } from '../../kernel/errors.ts'
import type { Document, Value } from '../documents.ts'
import { toDouble } from '../doubles.ts'
import { formatTimestamp } from '../timestamps.ts'
import { setOwn } from './value-codec.ts'

type Reader = protobuf.Reader

/**
 * The document in the bytes of a RunQueryResponse or a BatchGetDocumentsResponse, which both have it as their field 1;
 * undefined where there is none. The same as decoding the driver's message, without making that message: half of what
 * reading documents costs. `prefix` is the length of the database's part of its name. LS-3004 for an unknown value.
 */
export function readDocument(bytes: Uint8Array, prefix: number): Document | undefined {
  const reader = protobuf.Reader.create(bytes)
  let document: Document | undefined
  eachField(reader, bytes.length, (field, skip) => {
    if (field === 1) document = readMessage(reader, prefix)
    else skip()
  })
  return document
}

/** Calls `read` at each field up to `end`; `read` takes the field's value off the reader or skips it. */
function eachField(reader: Reader, end: number, read: (field: number, skip: () => void) => void): void {
  while (reader.pos < end) {
    const tag = reader.uint32()
    read(tag >>> 3, () => void reader.skipType(tag & 7))
  }
}

/** Where the message ends that begins with its length here. */
function endOf(reader: Reader): number {
  const length = reader.uint32()
  return reader.pos + length
}

function readMessage(reader: Reader, prefix: number): Document {
  const fields: Record<string, Value> = {}
  let [name, createTime, updateTime] = ['', '', '']
  eachField(reader, endOf(reader), (field, skip) => {
    if (field === 1) name = reader.string().slice(prefix)
    else if (field === 2) readEntry(reader, fields)
    else if (field === 3) createTime = readTimestamp(reader, 6)
    else if (field === 4) updateTime = readTimestamp(reader, 6)
    else skip()
  })
  return { name, fields, updateTime, createTime }
}

function readEntry(reader: Reader, fields: Record<string, Value>): void {
  let key = ''
  let value: Value | undefined
  eachField(reader, endOf(reader), (field, skip) => {
    if (field === 1) key = reader.string()
    else if (field === 2) value = readValue(reader)
    else skip()
  })
  setOwn(fields, key, value ?? unknownKind(0))
}

function readValue(reader: Reader): Value {
  const end = endOf(reader)
  let value: Value | undefined
  while (reader.pos < end) value = readKind(reader, reader.uint32() >>> 3)
  return value ?? unknownKind(0)
}

function readKind(reader: Reader, field: number): Value {
  switch (field) {
    case 1:
      return { booleanValue: reader.bool() }
    case 2:
      return { integerValue: readInteger(reader) }
    case 3:
      return toDouble(reader.double())
    case 5:
      return { referenceValue: reader.string() }
    case 6:
      return { mapValue: { fields: readMap(reader) } }
    case 8:
      return { geoPointValue: readPoint(reader) }
    case 9:
      return { arrayValue: { values: readArray(reader) } }
    case 10:
      return { timestampValue: readTimestamp(reader, 0) }
    case 11:
      reader.int32()
      return { nullValue: null }
    case 17:
      return { stringValue: reader.string() }
    case 18:
      return { bytesValue: Buffer.from(reader.bytes()).toString('base64') }
    default:
      return unknownKind(field)
  }
}

function readInteger(reader: Reader): string {
  const { low, high } = reader.int64()
  const number = high * 2 ** 32 + (low >>> 0)
  return Number.isSafeInteger(number) ? String(number) : String((BigInt(high) << 32n) | BigInt(low >>> 0))
}

function readMap(reader: Reader): Record<string, Value> {
  const fields: Record<string, Value> = {}
  eachField(reader, endOf(reader), (field, skip) => (field === 1 ? readEntry(reader, fields) : skip()))
  return fields
}

function readArray(reader: Reader): readonly Value[] {
  const values: Value[] = []
  eachField(reader, endOf(reader), (field, skip) => (field === 1 ? void values.push(readValue(reader)) : skip()))
  return values
}

function readPoint(reader: Reader): { readonly latitude: number; readonly longitude: number } {
  let [latitude, longitude] = [0, 0]
  eachField(reader, endOf(reader), (field, skip) => {
    if (field === 1) latitude = reader.double()
    else if (field === 2) longitude = reader.double()
    else skip()
  })
  return { latitude, longitude }
}

function readTimestamp(reader: Reader, digits: number): string {
  let [seconds, nanos] = [0, 0]
  eachField(reader, endOf(reader), (field, skip) => {
    if (field === 1) seconds = Number(readInteger(reader))
    else if (field === 2) nanos = reader.int32()
    else skip()
  })
  return formatTimestamp(seconds, nanos, digits)
}

function unknownKind(field: number): never {
  throw new LockstepError(
    'LS-3004',
    `Firestore sent a kind of value that is not known: ${field === 0 ? 'none' : field}`,
    {
      hint: 'update lockstep; nothing was changed',
    },
  )
}
