import { readFileSync, statSync } from 'node:fs'
import { status } from '@grpc/grpc-js'
import { parse } from 'jsonc-parser'
import { LockstepError } from '../../kernel/errors.ts'
import type { CompositeIndex, FieldIndex, IndexedBy, IndexField, QueryScope } from '../../stores/indexes.ts'
import { checkIndexEntries } from './index-entries.ts'
import { lackingIndex } from './index-needs.ts'
import type { Indexes, Lacking } from './index-needs.ts'
import { parsePath } from './paths.ts'
import type { FieldPath } from './paths.ts'
import type { Plan } from './query.ts'
import { refusal } from './status.ts'
import type { StoredDocument } from './store.ts'

/** Refuses a plan with the fields it sums where an index is missing in its database. */
export type CheckIndexes = (plan: Plan, summed: readonly string[], database: string) => void
/** Refuses a document that would have too many entries in the indexes of its collection. */
export type CheckEntries = (document: StoredDocument) => void

/** What the indexes of a server ask of queries and of documents. */
export interface IndexRules {
  readonly checkIndexes: CheckIndexes
  readonly checkEntries: CheckEntries
  /** What the file says; undefined where there is none. */
  readonly deployed: (() => Definitions) | undefined
}

/** What says which indexes there are: composite ones, and those of single fields by `overrideKey` where they are not automatic. */
export interface Definitions {
  readonly composites: readonly CompositeIndex[]
  readonly overrides: ReadonlyMap<string, readonly FieldIndex[]>
}

/**
 * Holds queries and documents to a file of index definitions (firestore.indexes.json), which is read again when it has changed,
 * and to those that were created: FAILED_PRECONDITION with the entry that is missing. LS-2401 where it cannot be read or is none. Without
 * a file every query passes, and documents have entries in the automatic indexes of single fields and in created ones alone.
 */
export function loadIndexRules(file: string | undefined, createdIn: (database: string) => Definitions): IndexRules {
  const current = file === undefined ? () => noDefinitions : followFile(file)
  const indexesOf = (database: string): Indexes => asIndexes(createdIn(database), current())
  return {
    deployed: file === undefined ? undefined : current,
    checkIndexes: (plan, summed, database) => {
      if (file === undefined) return
      const indexes = indexesOf(database)
      const lacking = lackingIndex(plan, summed, indexes)
      if (lacking) throw refusal(status.FAILED_PRECONDITION, describe(lacking, indexes))
    },
    checkEntries: (document) => checkIndexEntries(document, indexesOf(document.name.split('/documents/', 1)[0] ?? '')),
  }
}

/** The indexes by several definitions; of a field, the first counts that says something of it. */
function asIndexes(...all: readonly Definitions[]): Indexes {
  const find = (key: string): readonly FieldIndex[] | undefined => {
    for (const { overrides } of all) {
      const found = overrides.get(key)
      if (found) return found
    }
    return undefined
  }
  return {
    composites: all.flatMap(({ composites }) => composites),
    // What is said of a map holds of what is in it.
    ofField: (group, path) => {
      for (let length = path.length; length > 0; length--) {
        const found = find(overrideKey(group, path.slice(0, length)))
        if (found) return found
      }
      return find(overrideKey(group, everyField)) ?? automatic
    },
  }
}

/** The definitions of a file as it is now. */
function followFile(file: string): () => Definitions {
  const unusable = (cause?: unknown): LockstepError =>
    new LockstepError('LS-2401', `the index file ${file} cannot be read`, { where: { file }, cause })
  const read = (): Definitions => {
    try {
      const root: unknown = parse(readFileSync(file, 'utf8').replace(/^\uFEFF/, ''))
      if (isEntry(root)) return parseIndexes(root)
    } catch (cause) {
      throw unusable(cause)
    }
    throw unusable()
  }
  const version = (): string => {
    const found = statSync(file, { throwIfNoEntry: false })
    return `${found?.ino} ${found?.mtimeMs} ${found?.size}`
  }
  let known = { version: version(), indexes: read() }
  return () => {
    const now = version()
    if (now !== known.version) known = { version: now, indexes: read() }
    return known.indexes
  }
}

type Entry = Readonly<Record<string, unknown>>

const isEntry = (value: unknown): value is Entry => typeof value === 'object' && value !== null && !Array.isArray(value)
const entriesOf = (value: unknown): readonly Entry[] => (Array.isArray(value) ? value.filter(isEntry) : [])
const textOf = (value: unknown): string => (typeof value === 'string' ? value : '')

/** What every field has unless it is overridden. */
export const automatic: readonly FieldIndex[] = [
  { scope: 'COLLECTION', by: 'ASCENDING' },
  { scope: 'COLLECTION', by: 'DESCENDING' },
  { scope: 'COLLECTION', by: 'CONTAINS' },
]

const noDefinitions = parseIndexes({})

function parseIndexes(root: Entry): Definitions {
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
      overrideKey(textOf(entry['collectionGroup']), textOf(entry['fieldPath'])),
      entriesOf(entry['indexes']).map((index): FieldIndex => ({ scope: scopeOf(index), by: byOf(index) })),
    ]),
  )
  return { composites, overrides }
}

const everyField = '*'

export function overrideKey(group: string, path: FieldPath | string): string {
  const keys = typeof path !== 'string' ? path : path === everyField ? [] : parsePath(path)
  return JSON.stringify([group, ...keys])
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
  const all = [...indexes.ofField(group, parsePath(path)), index].map(({ scope, by }) => ({
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
