import type { ShapeConverter } from '../../src/client/client.ts'
import type { Data } from '../../src/client/data.ts'
import type { DocumentEdit, DocumentImage } from '../../src/operations/document-hands.ts'
import { withValueIn } from '../../src/operations/value-tree.ts'
import { editsOf } from '../../src/operations/relocate.ts'
import type { Act, Relocation } from '../../src/operations/relocation.ts'
import { imageOf, parseImage } from '../../src/run/document-images.ts'
import type { Document, Fields, Value } from '../../src/stores/documents.ts'
import { decodeFields, encodeValue } from '../../src/stores/values.ts'

/** Stands for an SDK's FieldValue.delete(). */
export const deletion = Object.freeze(Object.assign(Object.create({ methodName: 'FieldValue.delete' }) as object, {}))

/** A document as a store has it, which clients write through their converters and the engine through its own edits. */
export interface OneDocument {
  fields(): Data | undefined
  set(converter: ShapeConverter<object>, model: object): void
  update(converter: ShapeConverter<object>, changes: object): void
  remove(): void
  /** One look of the engine at the document, on behalf of a step. */
  settle(step: number, relocation: Relocation, act: Act): void
  /** What the step remembers is forgotten, as at the end of its run. */
  forget(step: number): void
}

const name = 'things/one'

export function createOneDocument(): OneDocument {
  let document: Document | undefined
  let clock = 0
  const images = new Map<number, DocumentImage[]>()
  const write = (fields: Fields | undefined): void => {
    clock++
    const at = `2026-01-01T00:00:00.${String(clock).padStart(6, '0')}Z`
    document = fields === undefined ? undefined : { name, fields, updateTime: at, createTime: at }
  }
  return {
    fields: () => (document === undefined ? undefined : decodeFields(document.fields)),
    set: (converter, model) => write(fieldsOf(encodeValue(converter.toFirestore(model)))),
    update(converter, changes) {
      let value: Value | undefined = { mapValue: { fields: document?.fields ?? {} } }
      for (const [path, member] of Object.entries(converter.update(changes)))
        value = withValueIn(value, path.split('.'), member === deletion ? undefined : encodeValue(member))
      write(fieldsOf(value))
    },
    remove: () => write(undefined),
    settle(step, relocation, act) {
      if (document === undefined) return
      const remembered = images.get(step) ?? []
      const unit = { key: name, names: [name], documents: new Map([[name, document]]), images: remembered }
      for (const edit of editsOf(relocation, unit, act, { add: () => undefined, tell: () => undefined })) {
        images.set(step, [...remembered, parseImage(imageOf(edit, name))])
        write(appliedTo(document.fields, edit))
      }
    },
    forget: (step) => void images.delete(step),
  }
}

function appliedTo(fields: Fields, edit: DocumentEdit): Fields {
  if (edit.op !== 'patch') throw new Error('a pair within a document is only ever patched')
  return fieldsOf(
    edit.changes.reduce<Value | undefined>((value, change) => withValueIn(value, change.path, change.value), {
      mapValue: { fields },
    }),
  )
}

function fieldsOf(value: Value | undefined): Fields {
  return value !== undefined && 'mapValue' in value ? value.mapValue.fields : {}
}
