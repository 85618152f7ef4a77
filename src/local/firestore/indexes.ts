import { readFileSync } from 'node:fs'
import { status } from '@grpc/grpc-js'
import { parse } from 'jsonc-parser'
import { LockstepError } from '../../kernel/errors.ts'
import type { CompositeIndex, FieldIndex, IndexedBy, IndexField, QueryScope } from '../../stores/indexes.ts'
import { lackingIndex } from './index-needs.ts'
import type { Indexes, Lacking } from './index-needs.ts'
import type { Plan } from './query.ts'
import { refusal } from './status.ts'

/** Refuses a plan with the fields it sums where an index is missing. */
export type CheckIndexes = (plan: Plan, summed: readonly string[]) => void

/**
 * Reads a file of index definitions (firestore.indexes.json) and holds queries to it: FAILED_PRECONDITION with the entry that is
 * missing. LS-2401 where it cannot be read or is none.
 */
export function loadIndexCheck(file: string): CheckIndexes {
  const indexes = parseIndexes(readDefinitions(file))
  return (plan, summed) => {
    const lacking = lackingIndex(plan, summed, indexes)
    if (lacking) throw refusal(status.FAILED_PRECONDITION, describe(lacking, indexes))
  }
}

function readDefinitions(file: string): Entry {
  const unusable = (cause?: unknown): LockstepError =>
    new LockstepError('LS-2401', 'the index file cannot be read', { where: { file }, cause })
  try {
    const root: unknown = parse(readFileSync(file, 'utf8').replace(/^\uFEFF/, ''))
    if (isEntry(root)) return root
  } catch (cause) {
    throw unusable(cause)
  }
  throw unusable()
}

type Entry = Readonly<Record<string, unknown>>

const isEntry = (value: unknown): value is Entry => typeof value === 'object' && value !== null && !Array.isArray(value)
const entriesOf = (value: unknown): readonly Entry[] => (Array.isArray(value) ? value.filter(isEntry) : [])
const textOf = (value: unknown): string => (typeof value === 'string' ? value : '')

/** What every field has unless it is overridden. */
const automatic: readonly FieldIndex[] = [
  { scope: 'COLLECTION', by: 'ASCENDING' },
  { scope: 'COLLECTION', by: 'DESCENDING' },
  { scope: 'COLLECTION', by: 'CONTAINS' },
]

function parseIndexes(root: Entry): Indexes {
  const composites = entriesOf(root['indexes']).map((entry): CompositeIndex => ({
    group: textOf(entry['collectionGroup']),
    scope: scopeOf(entry),
    fields: entriesOf(entry['fields']).map((field): IndexField => ({
      path: textOf(field['fieldPath']),
      by: byOf(field),
    })),
  }))
  const overrides = new Map(
    entriesOf(root['fieldOverrides']).map((entry): [string, readonly FieldIndex[]] => [
      `${textOf(entry['collectionGroup'])}/${textOf(entry['fieldPath'])}`,
      entriesOf(entry['indexes']).map((index): FieldIndex => ({ scope: scopeOf(index), by: byOf(index) })),
    ]),
  )
  return {
    composites,
    ofField: (group, path) => overrides.get(`${group}/${path}`) ?? overrides.get(`${group}/*`) ?? automatic,
  }
}

function scopeOf({ queryScope }: Entry): QueryScope {
  return queryScope === 'COLLECTION_GROUP' || queryScope === 'COLLECTION_RECURSIVE' ? queryScope : 'COLLECTION'
}

function byOf({ order, arrayConfig, vectorConfig }: Entry): IndexedBy {
  if (arrayConfig === 'CONTAINS') return arrayConfig
  if (isEntry(vectorConfig)) return `VECTOR(${Number(vectorConfig['dimension'])})`
  return order === 'DESCENDING' ? order : 'ASCENDING'
}

function describe(lacking: Lacking, indexes: Indexes): string {
  if (lacking.kind === 'composite') {
    const { group, scope, fields } = lacking.index
    const entry = {
      collectionGroup: group,
      queryScope: scope,
      fields: fields.map(({ path, by }) => renderField(by, path)),
    }
    return `The query requires an index. Add this to "indexes" in firestore.indexes.json: ${JSON.stringify(entry)}`
  }
  const { group, path, index } = lacking
  const all = [...indexes.ofField(group, path), index].map(({ scope, by }) => ({
    ...renderField(by),
    queryScope: scope,
  }))
  const entry = { collectionGroup: group, fieldPath: path, indexes: all }
  return (
    `The query requires a ${index.scope}_${shortly[index.by] ?? index.by} index for collection ${group} and field ${path}. ` +
    `Make this its entry in "fieldOverrides" in firestore.indexes.json: ${JSON.stringify(entry)}`
  )
}

const shortly: Readonly<Record<string, string | undefined>> = {
  ASCENDING: 'ASC',
  DESCENDING: 'DESC',
  CONTAINS: 'CONTAINS',
}

function renderField(by: IndexedBy, path?: string): Entry {
  const field = path === undefined ? {} : { fieldPath: path }
  if (by === 'CONTAINS') return { ...field, arrayConfig: by }
  if (by === 'ASCENDING' || by === 'DESCENDING') return { ...field, order: by }
  return { ...field, vectorConfig: { dimension: Number(by.slice('VECTOR('.length, -1)), flat: {} } }
}
