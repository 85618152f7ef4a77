import type { Json } from '../../../kernel/canonical-json.ts'
import { isLockstepError } from '../../../kernel/errors.ts'
import type { CompositeIndex, FieldIndex, IndexedBy, IndexField, QueryScope } from '../../../stores/indexes.ts'
import { parseFieldPath, printFieldPath } from '../../field-path.ts'
import type { Wanted } from './index-spec.ts'
import { withoutImplied } from './index-spec.ts'

/** One entry of `fieldOverrides`: the single-field indexes of a field, instead of the automatic ones. */
export interface Override {
  readonly group: string
  readonly path: string
  readonly indexes: readonly FieldIndex[]
  /** True where it says more than its indexes, such as a TTL. */
  readonly more: boolean
}

/** What every field has that no override names. */
export const automatic: readonly FieldIndex[] = [
  { scope: 'COLLECTION', by: 'ASCENDING' },
  { scope: 'COLLECTION', by: 'DESCENDING' },
  { scope: 'COLLECTION', by: 'CONTAINS' },
]

/** Equal keys are equal indexes. */
export const keyOfIndex = ({ group, scope, fields }: CompositeIndex): string =>
  JSON.stringify([group, scope, fields.map(({ path, by }) => [path, by])])

export const keyOfFieldIndex = ({ scope, by }: FieldIndex): string => `${scope} ${by}`

/** What is wanted in one string, by which two steps are known to want the same. */
export function keyOfWanted(wanted: Wanted): string {
  if (wanted.kind === 'composite') return keyOfIndex(wanted.index)
  const indexes = wanted.indexes.map(keyOfFieldIndex).sort()
  return JSON.stringify([wanted.group, wanted.path, wanted.exact ? 'exactly' : 'at least', indexes])
}

/** The indexes of `all` that `some` lacks. */
export function lacking(all: readonly FieldIndex[], some: readonly FieldIndex[]): readonly FieldIndex[] {
  const keys = new Set(some.map(keyOfFieldIndex))
  return all.filter((index) => !keys.has(keyOfFieldIndex(index)))
}

export const sameIndexes = (a: readonly FieldIndex[], b: readonly FieldIndex[]): boolean =>
  lacking(a, b).length === 0 && lacking(b, a).length === 0

/** What the field's indexes become from what they are. */
export function targetOf(
  wanted: Wanted & { readonly kind: 'field' },
  now: readonly FieldIndex[],
): readonly FieldIndex[] {
  return wanted.exact ? wanted.indexes : [...now, ...lacking(wanted.indexes, now)]
}

/** What taking back the way from `before` to `after` makes of what the field's indexes are now: others' stay. */
export function takenBack(
  { before, after }: { readonly before: readonly FieldIndex[]; readonly after: readonly FieldIndex[] },
  now: readonly FieldIndex[],
): readonly FieldIndex[] {
  const kept = lacking(now, lacking(after, before))
  return [...kept, ...lacking(lacking(before, after), kept)]
}

/** An entry of `indexes`, also of the format before 2019; undefined where it is another kind of index. */
export function parseIndexEntry(entry: unknown): CompositeIndex | undefined {
  const { collectionGroup, collectionId, queryScope, fields, apiScope, density, unique, multikey } = asRecord(entry)
  const group = collectionGroup ?? collectionId
  const plain =
    (apiScope ?? 'ANY_API') === 'ANY_API' &&
    [undefined, 'SPARSE_ALL', 'DENSITY_UNSPECIFIED'].some((usual) => usual === density) &&
    unique !== true &&
    multikey !== true
  if (!plain || typeof group !== 'string' || !Array.isArray(fields)) return undefined
  const parsed = fields.map(parseField)
  const known = parsed.filter((field) => field !== undefined)
  if (known.length < parsed.length) return undefined
  return withoutImplied({ group, scope: parseScope(queryScope), fields: known })
}

/** Of an entry of whatever kind: the collections and the fields it is about. */
export function parseEntryFields(entry: unknown): { readonly group: unknown; readonly paths: readonly unknown[] } {
  const { collectionGroup, fields } = asRecord(entry)
  const paths = Array.isArray(fields) ? fields.map((field: unknown) => asRecord(field)['fieldPath']) : []
  return {
    group: collectionGroup,
    paths: paths.map((path) => (typeof path === 'string' ? canonicalPath(path) : undefined)),
  }
}

export function parseOverrideEntry(entry: unknown): Override | undefined {
  const { collectionGroup, fieldPath, indexes, ...rest } = asRecord(entry)
  if (typeof collectionGroup !== 'string' || typeof fieldPath !== 'string') return undefined
  const listed: readonly unknown[] = Array.isArray(indexes) ? indexes : []
  const parsed = listed.map(parseFieldIndex)
  const more = Object.entries(rest).some(([key, value]) => key !== 'ttl' || value !== false)
  return {
    group: collectionGroup,
    path: canonicalPath(fieldPath),
    indexes: parsed.filter((index) => index !== undefined),
    more,
  }
}

export function parseFieldIndex(entry: unknown): FieldIndex | undefined {
  const by = parseBy(asRecord(entry))
  return by === undefined ? undefined : { scope: parseScope(asRecord(entry)['queryScope']), by }
}

export function renderIndexEntry({ group, scope, fields }: CompositeIndex): Json {
  return {
    collectionGroup: group,
    queryScope: scope,
    fields: fields.map(({ path, by }) => ({ fieldPath: path, ...renderBy(by) })),
  }
}

export function renderOverrideEntry({ group, path, indexes }: Omit<Override, 'more'>): Json {
  return { collectionGroup: group, fieldPath: path, indexes: indexes.map(renderFieldIndex) }
}

export function renderFieldIndex({ scope, by }: FieldIndex): Json {
  return { ...renderBy(by), queryScope: scope }
}

function parseField(field: unknown): IndexField | undefined {
  const { fieldPath } = asRecord(field)
  const by = parseBy(asRecord(field))
  return typeof fieldPath === 'string' && by !== undefined ? { path: canonicalPath(fieldPath), by } : undefined
}

/** A field that does not say how is ascending. */
function parseBy({ order, arrayConfig, vectorConfig, mode }: Record<string, unknown>): IndexedBy | undefined {
  if (vectorConfig !== undefined) {
    const dimension = Number(asRecord(vectorConfig)['dimension'])
    return Number.isInteger(dimension) ? `VECTOR(${dimension})` : undefined
  }
  if (arrayConfig === 'CONTAINS' || mode === 'ARRAY_CONTAINS') return 'CONTAINS'
  const direction = order ?? mode ?? 'ASCENDING'
  return direction === 'ASCENDING' || direction === 'DESCENDING' ? direction : undefined
}

function renderBy(by: IndexedBy): { readonly [key: string]: Json } {
  if (by === 'ASCENDING' || by === 'DESCENDING') return { order: by }
  if (by === 'CONTAINS') return { arrayConfig: by }
  return { vectorConfig: { dimension: Number(by.slice('VECTOR('.length, -1)), flat: {} } }
}

function parseScope(scope: unknown): QueryScope {
  return scope === 'COLLECTION_GROUP' || scope === 'COLLECTION_RECURSIVE' ? scope : 'COLLECTION'
}

/** A path that is written otherwise than Firestore prints it is the same path; `*` and `__name__` are no paths. */
function canonicalPath(text: string): string {
  try {
    return text === '*' ? text : printFieldPath(parseFieldPath(text))
  } catch (error) {
    if (isLockstepError(error)) return text
    throw error
  }
}

function asRecord(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? Object.fromEntries(Object.entries(value)) : {}
}
