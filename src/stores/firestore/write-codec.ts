import type { DocumentWrite, Expect } from '../documents.ts'
import { encodeChanges } from './field-masks.ts'
import type { RawFields, RawValue, RawWrite } from './protocol.ts'
import { encodeFieldsOf, encodeTimestamp } from './value-codec.ts'

/** A write in the protocol's form and about how many bytes of a request it takes (never fewer). */
export interface EncodedWrite {
  readonly raw: RawWrite
  readonly bytes: number
}

/** One write of the port in the protocol's form. LS-2103 when a value or path cannot be written. */
export function encodeWrite(write: DocumentWrite, root: string): EncodedWrite {
  const raw = toRaw(write, `${root}/${write.name}`)
  return { raw, bytes: sizeOfWrite(raw) }
}

function toRaw(write: DocumentWrite, name: string): RawWrite {
  const expect = encodeExpect(write.expect)
  switch (write.op) {
    case 'delete':
      return { delete: name, ...expect }
    case 'put':
      return { update: { name, fields: encodeFieldsOf(write.fields) }, ...expect }
    case 'patch': {
      const { fieldPaths, fields } = encodeChanges(write.changes)
      return { update: { name, fields }, updateMask: { fieldPaths }, ...expect }
    }
  }
}

function encodeExpect(expect: Expect): Pick<RawWrite, 'currentDocument'> {
  if (expect === 'any') return {}
  if ('exists' in expect) return { currentDocument: { exists: expect.exists } }
  return { currentDocument: { updateTime: encodeTimestamp(expect.updateTime) } }
}

/** Tags, lengths and a precondition; the protocol needs less. */
const overhead = 64
const perValue = 12

function sizeOfWrite(raw: RawWrite): number {
  const paths = raw.updateMask?.fieldPaths ?? []
  const body =
    raw.update === undefined ? bytesOf(raw.delete ?? '') : bytesOf(raw.update.name) + sizeOfFields(raw.update.fields)
  return overhead + body + paths.reduce((sum, path) => sum + bytesOf(path) + perValue, 0)
}

function sizeOfFields(fields: RawFields): number {
  let sum = 0
  for (const key of Object.keys(fields)) {
    const value = fields[key]
    if (value !== undefined) sum += bytesOf(key) + perValue + sizeOfValue(value)
  }
  return sum
}

function sizeOfValue(value: RawValue): number {
  if (value.stringValue !== undefined) return perValue + bytesOf(value.stringValue)
  if (value.referenceValue !== undefined) return perValue + bytesOf(value.referenceValue)
  if (value.bytesValue !== undefined) return perValue + value.bytesValue.byteLength
  if (value.mapValue !== undefined) return perValue + sizeOfFields(value.mapValue.fields)
  if (value.arrayValue !== undefined)
    return value.arrayValue.values.reduce((sum, item) => sum + sizeOfValue(item), perValue)
  return 2 * perValue
}

function bytesOf(text: string): number {
  return Buffer.byteLength(text)
}
