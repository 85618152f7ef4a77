import protobuf from 'protobufjs/minimal.js'
import type { RawClient, RawFields, RawTimestamp, RawValue, RawWrite } from './protocol.ts'

type Writer = protobuf.Writer
type BatchWriteRequest = Parameters<RawClient['batchWrite']>[0]

/** The bytes of a BatchWriteRequest: those of the driver, which would copy every value into messages of its own first. */
export function encodeBatchWrite({ database, writes }: BatchWriteRequest): Buffer {
  const writer = protobuf.Writer.create()
  writer.uint32(tagOf(1)).string(database)
  for (const write of writes) putWrite(writer.uint32(tagOf(2)).fork(), write).ldelim()
  return Buffer.from(writer.finish())
}

/** The tag of a field whose value begins with its length; `kind` 0 and 1 are numbers. */
function tagOf(field: number, kind: 0 | 1 | 2 = 2): number {
  return (field << 3) | kind
}

function putWrite(writer: Writer, { update, delete: gone, updateMask, currentDocument }: RawWrite): Writer {
  if (update !== undefined) {
    writer.uint32(tagOf(1)).fork().uint32(tagOf(1)).string(update.name)
    putFields(writer, 2, update.fields).ldelim()
  }
  if (gone !== undefined) writer.uint32(tagOf(2)).string(gone)
  if (updateMask !== undefined) {
    writer.uint32(tagOf(3)).fork()
    for (const path of updateMask.fieldPaths) writer.uint32(tagOf(1)).string(path)
    writer.ldelim()
  }
  if (currentDocument === undefined) return writer
  writer.uint32(tagOf(4)).fork()
  if ('exists' in currentDocument) writer.uint32(tagOf(1, 0)).bool(currentDocument.exists)
  else putTimestamp(writer, 2, currentDocument.updateTime)
  return writer.ldelim()
}

function putFields(writer: Writer, field: number, fields: RawFields): Writer {
  for (const key of Object.keys(fields)) {
    const value = fields[key]
    if (value === undefined) continue
    writer.uint32(tagOf(field)).fork().uint32(tagOf(1)).string(key)
    putValue(writer.uint32(tagOf(2)).fork(), value)
      .ldelim()
      .ldelim()
  }
  return writer
}

function putTimestamp(writer: Writer, field: number, { seconds, nanos }: RawTimestamp): Writer {
  writer.uint32(tagOf(field)).fork().uint32(tagOf(1, 0)).int64(Number(seconds))
  return writer.uint32(tagOf(2, 0)).int32(nanos).ldelim()
}

function putValue(writer: Writer, value: RawValue): Writer {
  if (value.stringValue !== undefined) return writer.uint32(tagOf(17)).string(value.stringValue)
  if (value.integerValue !== undefined) return writer.uint32(tagOf(2, 0)).int64(value.integerValue)
  if (value.booleanValue !== undefined) return writer.uint32(tagOf(1, 0)).bool(value.booleanValue)
  if (value.doubleValue !== undefined) return writer.uint32(tagOf(3, 1)).double(value.doubleValue)
  if (value.timestampValue !== undefined) return putTimestamp(writer, 10, value.timestampValue)
  if (value.mapValue !== undefined) return putFields(writer.uint32(tagOf(6)).fork(), 1, value.mapValue.fields).ldelim()
  if (value.arrayValue !== undefined) return putArray(writer.uint32(tagOf(9)).fork(), value.arrayValue.values).ldelim()
  if (value.nullValue !== undefined) return writer.uint32(tagOf(11, 0)).int32(0)
  if (value.referenceValue !== undefined) return writer.uint32(tagOf(5)).string(value.referenceValue)
  if (value.bytesValue !== undefined) return writer.uint32(tagOf(18)).bytes(value.bytesValue)
  const { latitude = 0, longitude = 0 } = value.geoPointValue ?? {}
  const point = writer.uint32(tagOf(8)).fork().uint32(tagOf(1, 1)).double(latitude)
  return point.uint32(tagOf(2, 1)).double(longitude).ldelim()
}

function putArray(writer: Writer, values: readonly RawValue[]): Writer {
  for (const value of values) putValue(writer.uint32(tagOf(1)).fork(), value).ldelim()
  return writer
}
