import { LockstepError } from '../../../kernel/errors.ts'
import type { CompositeIndex, FieldIndex, IndexedBy, IndexField } from '../../../stores/indexes.ts'
import { parseFieldPath, printFieldPath } from '../../field-path.ts'
import type { ShapeChange } from '../../shape-change.ts'

/** How a field is indexed: ascending, descending, each element of an array, or as a vector of that many dimensions. */
export type Indexing = 'asc' | 'desc' | 'contains' | { readonly vector: number }

export type IndexScope = 'COLLECTION' | 'COLLECTION_GROUP'

/** An index that has to be there, besides whatever others are. */
export interface FieldsIndex {
  /** In the order of the index; a name alone is ascending. */
  readonly fields: readonly (string | readonly [string, Indexing])[]
  /** `COLLECTION` unless said: queries of one collection, or of all with that id. */
  readonly scope?: IndexScope
  /** Creates it through the admin API too; without it the environment's `firestore.createIndexes` counts. */
  readonly create?: boolean
}

/** The single-field indexes of a field, all of them; none exempts the field from indexing. */
export interface FieldIndexes {
  readonly field: string
  readonly indexes: readonly (Indexing | readonly [Indexing, IndexScope])[]
  readonly create?: boolean
}

export type EnsureIndexOptions = FieldsIndex | FieldIndexes

export interface EnsureIndexSpec {
  readonly group: string
  readonly options: EnsureIndexOptions
}

/** What has to be: one composite index, or single-field indexes of a field, at least or exactly these. */
export type Wanted =
  | { readonly kind: 'composite'; readonly index: CompositeIndex }
  | {
      readonly kind: 'field'
      readonly group: string
      readonly path: string
      readonly indexes: readonly FieldIndex[]
      readonly exact: boolean
    }

/** Throws LS-2002, LS-2101 or LS-2103 naming the part at fault. */
export function parseSpec(given: unknown): EnsureIndexSpec {
  const { group, options } = given as Partial<EnsureIndexSpec>
  if (typeof options !== 'object' || options === null) throw invalid('it has no options')
  const spec = { group: parseGroup(group), options }
  if (!['undefined', 'boolean'].includes(typeof options.create)) throw invalid('create is neither true nor false')
  wantedOf(spec)
  return spec
}

/** What the spec asks for, with field paths as Firestore prints them. Throws as `parseSpec` does. */
export function wantedOf({ group, options }: EnsureIndexSpec): Wanted {
  return 'field' in options ? fieldWanted(group, options) : indexWanted(group, options)
}

/** What queries the step makes possible: one change for each scope; or that it makes those by one field impossible. */
export function shapeOfSpec(spec: EnsureIndexSpec): readonly ShapeChange[] {
  const wanted = wantedOf(spec)
  const { group, scopes, paths } =
    wanted.kind === 'composite'
      ? { group: wanted.index.group, scopes: [wanted.index.scope], paths: wanted.index.fields.map(({ path }) => path) }
      : { group: wanted.group, scopes: wanted.indexes.map(({ scope }) => scope), paths: [wanted.path] }
  const fields = paths.filter((path) => path !== '__name__').map(parseFieldPath)
  if (scopes.length === 0) return fields.map((path) => ({ change: 'exempt', collection: group, path }))
  return [...new Set(scopes)].map((scope) => ({
    change: 'index',
    collection: group,
    fields,
    across: scope === 'COLLECTION_GROUP',
  }))
}

function parseGroup(group: unknown): string {
  const problem =
    typeof group !== 'string' || group === ''
      ? 'it is empty'
      : group.includes('/')
        ? 'an index is of all collections with an id, whatever is above them'
        : /^(\.\.?|__.*__)$/.test(group)
          ? 'Firestore does not allow this id'
          : undefined
  if (typeof group === 'string' && problem === undefined) return group
  throw new LockstepError('LS-2101', `"${String(group)}" is not a collection id: ${problem ?? ''}`, {
    where: { name: String(group) },
    hint: "write the collection id alone, as in firestore.ensureIndex('messages', …)",
  })
}

function fieldWanted(group: string, { field, indexes }: FieldIndexes): Wanted {
  if (!Array.isArray(indexes)) throw invalid('indexes is not a list', field)
  const parsed = indexes.map((each): FieldIndex => {
    const [how, scope] = pairOf(each, 'COLLECTION')
    return { scope: parseScope(scope), by: parseIndexing(how, field) }
  })
  if (parsed.some(({ by }) => by.startsWith('VECTOR'))) {
    throw invalid('a vector has no single-field index: write fields: [[…, { vector }]]', field)
  }
  const distinct = [...new Map(parsed.map((index) => [`${index.by} ${index.scope}`, index])).values()]
  return { kind: 'field', group, path: parsePath(field), indexes: distinct, exact: true }
}

/** What stands alone goes with what is usual. */
function pairOf(given: unknown, usual: string): readonly [unknown, unknown] {
  if (!Array.isArray(given)) return [given, usual]
  const pair: readonly unknown[] = given
  return [pair[0], pair[1]]
}

/** Fields of one index at most, as Firestore documents it. */
const mostFields = 100

function indexWanted(group: string, { fields, scope = 'COLLECTION' }: FieldsIndex): Wanted {
  if (!Array.isArray(fields) || fields.length === 0) throw invalid('it names no fields')
  if (fields.length > mostFields) throw invalid(`an index has at most ${mostFields} fields`)
  const parsed = fields.map((each): IndexField => {
    const [field, how] = pairOf(each, 'asc')
    return { path: parsePath(field), by: parseIndexing(how, String(field)) }
  })
  checkTogether(parsed)
  const index = withoutImplied({ group, scope: parseScope(scope), fields: parsed })
  const [only, ...others] = index.fields
  if (only === undefined || others.length > 0 || only.by.startsWith('VECTOR')) return { kind: 'composite', index }
  return { kind: 'field', group, path: only.path, indexes: [{ scope: index.scope, by: only.by }], exact: false }
}

function checkTogether(fields: readonly IndexField[]): void {
  for (const [at, { path, by }] of fields.entries()) {
    const isVector = by.startsWith('VECTOR')
    if (fields.findIndex((other) => other.path === path) !== at) throw invalid('it names a field twice', path)
    if (isVector && at < fields.length - 1) throw invalid('a vector comes last', path)
    if (path === '__name__' && (fields.length === 1 || by === 'CONTAINS' || isVector)) {
      throw invalid('__name__ only orders what other fields have ordered', path)
    }
  }
  if (fields.filter(({ by }) => by === 'CONTAINS').length > 1) throw invalid('an index has at most one array field')
}

/**
 * The index without the `__name__` that Firestore adds by itself: after the last field that is no vector, in that
 * field's direction, ascending after an array. Equal indexes are equal then.
 */
export function withoutImplied(index: CompositeIndex): CompositeIndex {
  const at = index.fields.findLastIndex(({ by }) => !by.startsWith('VECTOR'))
  const name = index.fields[at]
  if (name?.path !== '__name__') return index
  const direction = index.fields[at - 1]?.by === 'DESCENDING' ? 'DESCENDING' : 'ASCENDING'
  return name.by === direction ? { ...index, fields: index.fields.toSpliced(at, 1) } : index
}

function parsePath(field: unknown): string {
  if (typeof field !== 'string') throw invalid('a field is not a string')
  return field === '__name__' ? field : printFieldPath(parseFieldPath(field))
}

/** Dimensions of a vector at most, as Firestore documents it. */
const mostDimensions = 2048

function parseIndexing(how: unknown, field: string): IndexedBy {
  switch (how) {
    case 'asc':
      return 'ASCENDING'
    case 'desc':
      return 'DESCENDING'
    case 'contains':
      return 'CONTAINS'
    default:
      return parseVector(how, field)
  }
}

function parseVector(how: unknown, field: string): IndexedBy {
  const vector = typeof how === 'object' && how !== null && 'vector' in how ? how.vector : undefined
  if (vector === undefined) throw invalid("it is indexed 'asc', 'desc', 'contains' or { vector: dimension }", field)
  if (typeof vector === 'number' && Number.isInteger(vector) && vector >= 1 && vector <= mostDimensions) {
    return `VECTOR(${vector})`
  }
  throw invalid(`a vector has 1 to ${mostDimensions} dimensions`, field)
}

function parseScope(scope: unknown): IndexScope {
  if (scope === 'COLLECTION' || scope === 'COLLECTION_GROUP') return scope
  throw invalid("scope is 'COLLECTION' or 'COLLECTION_GROUP'")
}

function invalid(problem: string, name?: string): LockstepError {
  return new LockstepError('LS-2002', `ensureIndex cannot be read: ${problem}`, {
    ...(name === undefined ? {} : { where: { name } }),
    hint: "write firestore.ensureIndex('messages', { fields: [['sender', 'asc'], ['timestamp', 'desc']] })",
  })
}
