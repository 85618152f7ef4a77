import { addFieldStep } from '../../src/operations/firestore/add-field/add-field.ts'
import { convertFieldStep } from '../../src/operations/firestore/convert-field/convert-field.ts'
import { foldSubcollectionStep } from '../../src/operations/firestore/fold-subcollection/fold-subcollection.ts'
import { mergeDocumentsStep } from '../../src/operations/firestore/merge-documents/merge-documents.ts'
import { renameCollectionStep } from '../../src/operations/firestore/rename-collection/rename-collection.ts'
import { renameFieldStep } from '../../src/operations/firestore/rename-field/rename-field.ts'
import { splitDocumentStep } from '../../src/operations/firestore/split-document/split-document.ts'
import { transformDocumentsStep } from '../../src/operations/firestore/transform-documents/transform-documents.ts'
import type { OperationCase } from '../../src/operations/operation-case.ts'
import type { Step } from '../../src/operations/operation.ts'
import type { Fields, Value } from '../../src/stores/documents.ts'

export interface LimitCase extends OperationCase {
  /** Documents that hold the value once, and that the step would have hold it twice. */
  readonly worldOf: (value: Value) => Readonly<Record<string, Fields>>
}

function limited(name: string, step: Step, worldOf: LimitCase['worldOf']): LimitCase {
  const nothing = { documents: {}, queries: [] }
  return {
    name,
    steps: [step],
    worldOf,
    before: { documents: {}, sql: [] },
    after: nothing,
    others: { documents: {}, sql: [], afterDown: nothing },
  }
}

const users = 'Users/{uid}'
const twice = (document: Record<string, unknown>): Record<string, unknown> => ({ ...document, again: document['big'] })
const marker = { field: 'v', value: 2 }
const one: LimitCase['worldOf'] = (big) => ({ 'Users/a': { big, small: { integerValue: '1' } } })
const two: LimitCase['worldOf'] = (big) => ({ 'Users/a': { big }, 'Parts/a': { part: big } })

/** A part that has room twice, were it not for what else is in the document. */
const besides: LimitCase['worldOf'] = (big) => ({
  'Users/a': { rest: { mapValue: { fields: { big: half(big) } } }, box: { mapValue: { fields: { big: half(big) } } } },
})

/** A function's default is of the document. */
export const limitCases: readonly LimitCase[] = [
  limited('addField', addFieldStep(users, { again: (user) => user['big'] }), one),
  limited('renameField', renameFieldStep(users, 'big', 'again'), one),
  limited('renameField of a small part', renameFieldStep(users, 'box.big', 'again'), besides),
  limited(
    'convertField beside',
    convertFieldStep(users, 'box', {
      from: 'map',
      to: 'map',
      up: (v) => v,
      down: (v) => v,
      strategy: 'beside',
      as: 'again',
    }),
    (big) => ({ 'Users/a': { box: { mapValue: { fields: { big } } } } }),
  ),
  limited(
    'convertField in place',
    convertFieldStep(users, 'box', { from: 'map', to: 'map', up: twice, down: ({ big }) => ({ big }), marker }),
    (big) => ({ 'Users/a': { box: { mapValue: { fields: { big } } } } }),
  ),
  limited('transformDocuments', transformDocumentsStep(users, { up: twice, marker }), one),
  limited(
    'transformDocuments of some fields',
    transformDocumentsStep(users, { up: twice, marker, reads: ['big'], fields: ['again', 'v'] }),
    one,
  ),
  limited(
    'transformDocuments of a small part',
    transformDocumentsStep(users, {
      up: ({ box, ...rest }) => ({ ...rest, box, again: box }),
      marker,
      reads: ['box'],
      fields: ['again', 'v'],
    }),
    besides,
  ),
  limited('foldSubcollection', foldSubcollectionStep(users, 'parts', { into: 'parts' }), (part) => ({
    'Users/a': { part },
    'Users/a/parts/p': { part },
  })),
  limited('mergeDocuments', mergeDocumentsStep('Parts/{uid}', { into: users, as: 'again' }), two),
  limited('splitDocument', splitDocumentStep(users, { into: 'Parts/{uid}', fields: ['big'] }), two),
]

function half(value: Value): Value {
  if ('bytesValue' in value)
    return { bytesValue: value.bytesValue.slice(0, Math.floor((value.bytesValue.length * 0.6) / 4) * 4) }
  if ('arrayValue' in value) return { arrayValue: { values: value.arrayValue.values.slice(0, 15_000) } }
  return value
}

/** The name alone is what makes it too large. */
export const longNames: LimitCase = limited(
  'renameCollection',
  renameCollectionStep(users, `${'Members'.repeat(100)}/{uid}`),
  () => ({ 'Users/a': { big: { bytesValue: Buffer.alloc(1_048_000).toString('base64') } } }),
)
