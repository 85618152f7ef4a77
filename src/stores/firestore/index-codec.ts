import type {
  CompositeIndex,
  FieldIndex,
  IndexedBy,
  IndexField,
  IndexState,
  QueryScope,
  StoredField,
  StoredIndex,
} from '../indexes.ts'
import type { RawField, RawIndex, RawIndexField } from './admin-protocol.ts'

/** A composite index as the server has it; undefined for one that does not serve ordinary queries, like a unique one. */
export function decodeIndex(raw: RawIndex, group: string): StoredIndex | undefined {
  const special =
    (raw.apiScope ?? 'ANY_API') !== 'ANY_API' ||
    !['DENSITY_UNSPECIFIED', 'SPARSE_ALL'].includes(raw.density ?? 'SPARSE_ALL') ||
    raw.multikey === true ||
    raw.unique === true
  const fields = (raw.fields ?? []).map(decodeIndexField)
  if (special || fields.includes(undefined)) return undefined
  return {
    name: raw.name ?? '',
    state: decodeState(raw.state),
    group,
    scope: decodeScope(raw.queryScope),
    fields: fields.filter((field) => field !== undefined),
  }
}

/** The field's indexes as they count, whether its own or its collection's. */
export function decodeField(raw: RawField, name: string): StoredField {
  const indexes = (raw.indexConfig?.indexes ?? []).flatMap(({ queryScope, state, fields }) => {
    const by = decodeBy(fields?.[0] ?? {})
    return by === undefined ? [] : [{ scope: decodeScope(queryScope), by, state: decodeState(state) }]
  })
  return { name, automatic: raw.indexConfig?.usesAncestorConfig ?? false, indexes }
}

export function encodeIndex({ scope, fields }: Pick<CompositeIndex, 'scope' | 'fields'>): RawIndex {
  return { queryScope: scope, fields: fields.map(({ path, by }) => ({ fieldPath: path, ...encodeBy(by) })) }
}

export function encodeFieldIndex({ scope, by }: FieldIndex, path: string): RawIndex {
  return encodeIndex({ scope, fields: [{ path, by }] })
}

function decodeIndexField(raw: RawIndexField): IndexField | undefined {
  const by = decodeBy(raw)
  return by === undefined ? undefined : { path: raw.fieldPath ?? '', by }
}

function decodeBy({ order, arrayConfig, vectorConfig }: RawIndexField): IndexedBy | undefined {
  if (order === 'ASCENDING' || order === 'DESCENDING') return order
  if (arrayConfig === 'CONTAINS') return arrayConfig
  return vectorConfig?.dimension === undefined ? undefined : `VECTOR(${vectorConfig.dimension})`
}

function encodeBy(by: IndexedBy): RawIndexField {
  switch (by) {
    case 'ASCENDING':
    case 'DESCENDING':
      return { order: by }
    case 'CONTAINS':
      return { arrayConfig: by }
    default:
      return { vectorConfig: { dimension: Number(by.slice('VECTOR('.length, -1)), flat: {} } }
  }
}

function decodeScope(scope: string | undefined): QueryScope {
  return scope === 'COLLECTION_GROUP' || scope === 'COLLECTION_RECURSIVE' ? scope : 'COLLECTION'
}

/** A server that says nothing of the state has nothing left to do. */
function decodeState(state: string | undefined): IndexState {
  return state === 'CREATING' || state === 'NEEDS_REPAIR' ? state : 'READY'
}
