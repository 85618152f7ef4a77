import { crc32 } from 'node:zlib'
import { status } from '@grpc/grpc-js'
import type { RawField, RawIndex } from '../../stores/firestore/admin-protocol.ts'
import { decodeField, decodeIndex, encodeFieldIndex, encodeIndex } from '../../stores/firestore/index-codec.ts'
import type { CompositeIndex, FieldIndex, IndexField, IndexState } from '../../stores/indexes.ts'
import type { Operations } from './admin-operations.ts'
import type { AdminHandlers, Message } from './admin-protocol.ts'
import type { CreatedIndex, CreatedIndexes, OwnField } from './created-indexes.ts'
import type { Databases } from './databases.ts'
import { automatic, overrideKey } from './indexes.ts'
import type { Definitions } from './indexes.ts'
import { nameField } from './paths.ts'
import { invalid, refusal } from './status.ts'

/** What the admin API of indexes and fields stands on. */
export interface IndexParts {
  readonly created: CreatedIndexes
  /** What the index file says: as if it had been deployed to every database. */
  readonly deployed: () => Definitions
  readonly databases: Databases
  readonly operations: Operations
  /** How long an index is CREATING. */
  readonly buildMillis: number
}

interface Group {
  readonly database: string
  readonly group: string
}

const admin = 'google.firestore.admin.v1'

/** CreateIndex, GetIndex, ListIndexes, DeleteIndex, GetField, ListFields and UpdateField. */
export function createIndexHandlers(parts: IndexParts): AdminHandlers {
  return { ...compositeHandlers(parts), ...fieldHandlers(parts) }
}

function compositeHandlers({ created, deployed, databases, operations, buildMillis }: IndexParts): AdminHandlers {
  const allOf = (database: string): readonly CreatedIndex[] => [
    ...created.indexes().filter((each) => each.database === database),
    ...deployed().composites.map((index) => deployedIndex(database, withName(index))),
  ]
  const find = (name: string): CreatedIndex => {
    const found = allOf(name.split('/collectionGroups/', 1)[0] ?? '').find((each) => each.name === name)
    if (!found) throw refusal(status.NOT_FOUND, `Index "${name}" not found.`)
    return found
  }
  return {
    CreateIndex: ({ parent, index }) => {
      const place = parseGroup(parent)
      const wanted = parseIndex(index as RawIndex, place)
      if (allOf(place.database).some((each) => JSON.stringify(each.index) === JSON.stringify(wanted)))
        throw refusal(status.ALREADY_EXISTS, 'index already exists')
      const began = Date.now()
      const ends = began + buildMillis
      const name = created.add(place.database, wanted, ends)
      return operations.begin({
        database: place.database,
        metadata: { type: `${admin}.IndexOperationMetadata`, value: { index: name } },
        documents: databases.of(place.database).tree(place.group).size,
        began,
        ends,
        response: () => ({ type: `${admin}.Index`, value: { ...encodeIndex(wanted), name, state: 'READY' } }),
      })
    },
    GetIndex: ({ name }) => indexShown(find(String(name))),
    ListIndexes: ({ parent }) => {
      const { database, group } = parseGroup(parent)
      return {
        indexes: allOf(database)
          .filter(({ index }) => group === '-' || index.group === group)
          .map(indexShown),
      }
    },
    DeleteIndex: ({ name }) => {
      const { ready, name: found } = find(String(name))
      if (!created.indexes().some((each) => each.name === found))
        throw refusal(status.FAILED_PRECONDITION, 'The index is in the index file; take it out there.')
      if (stateOf(ready) === 'CREATING') throw refusal(status.FAILED_PRECONDITION, 'The index is being built.')
      created.remove(String(name))
      return {}
    },
  }
}

const indexShown = ({ name, index, ready }: CreatedIndex): Message => ({
  ...encodeIndex(index),
  name,
  state: stateOf(ready),
  apiScope: 'ANY_API',
  density: 'SPARSE_ALL',
})

function deployedIndex(database: string, index: CompositeIndex): CreatedIndex {
  const id = crc32(JSON.stringify(index)).toString(16)
  return { name: `${database}/collectionGroups/${index.group}/indexes/file-${id}`, database, index, ready: 0 }
}

/** A field's setting by the API, else by the file; nothing where it has the automatic indexes. */
function ownOf({ created, deployed }: Pick<IndexParts, 'created' | 'deployed'>, name: string): OwnField | undefined {
  const own = created.field(name)
  if (own?.indexes) return own
  const { group, path } = parseField(name)
  const inFile = deployed().overrides.get(overrideKey(group, path))
  return inFile ? { ...own, indexes: inFile.map((each) => ({ ...each, ready: 0 })) } : own
}

function fieldShown(parts: Pick<IndexParts, 'created' | 'deployed'>, name: string): Message {
  const own = ownOf(parts, name)
  const { path, database } = parseField(name)
  const indexes = own?.indexes ?? automatic.map((index) => ({ ...index, ready: 0 }))
  const all = indexes.map((each) => ({ ...encodeFieldIndex(each, path), state: stateOf(each.ready) }))
  const ancestorField = `${database}/collectionGroups/__default__/fields/*`
  const inherited = own?.indexes ? {} : { usesAncestorConfig: true, ancestorField }
  const state = own?.ttl !== undefined && stateOf(own.ttl) === 'READY' ? 'ACTIVE' : 'CREATING'
  return {
    name,
    indexConfig: { indexes: all, ...inherited },
    ...(own?.ttl === undefined ? {} : { ttlConfig: { state } }),
  }
}

function fieldHandlers({ created, deployed, databases, operations, buildMillis }: IndexParts): AdminHandlers {
  const shown = (name: string): Message => fieldShown({ created, deployed }, name)
  return {
    GetField: ({ name }) => shown(String(name)),
    ListFields: ({ parent, filter }) => {
      const { database, group } = parseGroup(parent)
      const isWanted = parseFieldFilter(typeof filter === 'string' ? filter : '')
      const start = `${database}/collectionGroups/${group === '-' ? '' : `${group}/`}`
      return {
        fields: created
          .fields()
          .filter((name) => name.startsWith(start) && isWanted(created.field(name)))
          .map(shown),
      }
    },
    UpdateField: ({ field, updateMask }) => {
      const asked = field as RawField & { readonly ttlConfig?: object | null }
      const name = String(asked.name)
      const { database, group } = parseField(name)
      const paths = (updateMask as { readonly paths?: readonly string[] } | null)?.paths ?? []
      const isMeant = (path: string): boolean => paths.length === 0 || paths.some((each) => each.split('.')[0] === path)
      const began = Date.now()
      const ends = began + buildMillis
      const before = created.field(name)
      const indexes = isMeant('index_config')
        ? newIndexes(asked, ownOf({ created, deployed }, name), ends)
        : before?.indexes
      const ttl = isMeant('ttl_config') ? asked.ttlConfig && (before?.ttl ?? ends) : before?.ttl
      created.setField(name, { ...(indexes && { indexes }), ...(typeof ttl === 'number' && { ttl }) })
      return operations.begin({
        database,
        metadata: { type: `${admin}.FieldOperationMetadata`, value: { field: name } },
        documents: databases.of(database).tree(group).size,
        began,
        ends,
        response: () => ({ type: `${admin}.Field`, value: shown(name) }),
      })
    },
  }
}

/** The two filters that production documents. */
function parseFieldFilter(filter: string): (field: OwnField | undefined) => boolean {
  if (filter === '') return () => true
  if (filter === 'ttlConfig:*') return (field) => field?.ttl !== undefined
  if (/^indexConfig\.usesAncestorConfig[:=]false$/.test(filter)) return (field) => field?.indexes !== undefined
  throw invalid(`This server filters fields by ttlConfig:* or indexConfig.usesAncestorConfig:false alone: "${filter}".`)
}

/** Those that were there are READY; undefined takes the setting away. */
function newIndexes(asked: RawField, before: OwnField | undefined, ends: number): OwnField['indexes'] {
  if (!asked.indexConfig) return undefined
  const had = before?.indexes ?? automatic.map((index) => ({ ...index, ready: 0 }))
  return decodeField(asked, '').indexes.map(({ scope, by }) => {
    const same = had.find((each: FieldIndex) => each.scope === scope && each.by === by)
    return { scope, by, ready: same?.ready ?? ends }
  })
}

const stateOf = (ready: number): IndexState => (Date.now() < ready ? 'CREATING' : 'READY')

function parseGroup(parent: unknown): Group {
  const [, database, group] =
    /^(projects\/[^/]+\/databases\/[^/]+)\/collectionGroups\/([^/]+)$/.exec(String(parent)) ?? []
  if (database === undefined || group === undefined) throw invalid(`"${String(parent)}" names no collection group.`)
  return { database, group }
}

function parseField(name: string): Group & { readonly path: string } {
  const [, parent, path] = /^(.+?\/collectionGroups\/[^/]+)\/fields\/(.+)$/.exec(name) ?? []
  if (path === undefined) throw invalid(`"${name}" names no field.`)
  const place = parseGroup(parent)
  if (place.group === '__default__')
    throw invalid('This server has no other automatic indexes than those of Firestore.')
  return { ...place, path }
}

/** An index as it is stored: with the name of the document behind the other fields, before a vector. */
function parseIndex(raw: RawIndex, { group }: Group): CompositeIndex {
  const decoded = decodeIndex(raw, group)
  if (!decoded) throw invalid('This server has indexes of ordinary queries alone.')
  const { scope, fields } = decoded
  if (fields.length < 2 && !isVector(fields.at(-1)))
    throw invalid('A composite index has at least two fields, or a vector.')
  return withName({ group, scope, fields })
}

const isVector = (field: IndexField | undefined): boolean => field?.by.startsWith('VECTOR') === true

function withName({ group, scope, fields }: CompositeIndex): CompositeIndex {
  const last = fields.at(-1)
  if (last === undefined || fields.some(({ path }) => path === nameField)) return { group, scope, fields }
  const name: IndexField = { path: nameField, by: last.by === 'DESCENDING' ? last.by : 'ASCENDING' }
  return { group, scope, fields: isVector(last) ? [...fields.slice(0, -1), name, last] : [...fields, name] }
}
