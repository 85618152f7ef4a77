import type { CompositeIndex, FieldIndex, IndexField } from '../../stores/indexes.ts'
import type { FieldFilter, Filter } from './filters.ts'
import { isInequality, leavesOf } from './filters.ts'
import type { Nearest } from './nearest.ts'
import { nameField, parsePath } from './paths.ts'
import type { FieldPath } from './paths.ts'
import type { Plan } from './query.ts'

/** The indexes a database has. Paths are written as Firestore writes them. */
export interface Indexes {
  readonly composites: readonly CompositeIndex[]
  /** The single-field indexes of a field. */
  readonly ofField: (group: string, path: FieldPath) => readonly FieldIndex[]
}

/** What a query lacks: a composite index, or one of a single field. */
export type Lacking =
  | { readonly kind: 'composite'; readonly index: CompositeIndex }
  | { readonly kind: 'field'; readonly group: string; readonly path: string; readonly index: FieldIndex }

/** One branch of a condition as an index sees it. */
interface Branch {
  /** Fields that have one value. */
  readonly equal: readonly string[]
  readonly contains: readonly string[]
  /** The order of its results, the name last. */
  readonly sort: readonly IndexField[]
}

/**
 * The first index that a plan needs and does not have. Equalities alone are served by merging indexes of single fields;
 * an order, a range or an array condition besides them needs a composite one, or several whose equalities together are all of them.
 */
export function lackingIndex(plan: Plan, summed: readonly string[], indexes: Indexes): Lacking | undefined {
  const { collectionId, descendants } = plan.scope
  if (collectionId === undefined) return undefined
  const scope = descendants ? 'COLLECTION_GROUP' : 'COLLECTION'
  if (plan.nearest) return lackingVector(plan, plan.nearest, { group: collectionId, scope }, indexes)
  for (const branch of branchesOf(plan, summed)) {
    const lacking = lackingIn(branch, { group: collectionId, scope }, indexes)
    if (lacking) return lacking
  }
  return undefined
}

/** The indexes by which a plan is served, each with the name at its end; one for each alternative of its condition. */
export function servingIndexes(plan: Plan, summed: readonly string[]): readonly CompositeIndex[] {
  const { collectionId: group = '', descendants } = plan.scope
  const collection: Collection = { group, scope: descendants ? 'COLLECTION_GROUP' : 'COLLECTION' }
  if (plan.nearest) {
    const lacking = lackingVector(plan, plan.nearest, collection, { composites: [], ofField: () => [] })
    return lacking?.kind === 'composite' ? [lacking.index] : []
  }
  return branchesOf(plan, summed).flatMap((branch) => {
    const alone = singleFields(branch)
    const name = branch.sort.slice(-1)
    if (alone === undefined) return [{ ...collection, fields: [...conditionsOf(branch), ...branch.sort] }]
    if (alone.length === 0) return [{ ...collection, fields: name }]
    return alone.map((field) => ({ ...collection, fields: [field, ...name] }))
  })
}

/** A vector is found by an index of its own, with the fields of the conditions before it. */
function lackingVector(plan: Plan, nearest: Nearest, collection: Collection, indexes: Indexes): Lacking | undefined {
  const paths = [...new Set(leavesOf(plan.filter).map(({ text }) => text))].filter((path) => path !== nameField).sort()
  const vector: IndexField = { path: nearest.text, by: `VECTOR(${nearest.vector.length})` }
  const index: CompositeIndex = {
    ...collection,
    fields: [...paths.map((path): IndexField => ({ path, by: 'ASCENDING' })), vector],
  }
  const has = indexes.composites.some(({ group, scope, fields }) => {
    const own = fields.filter(({ path }) => path !== nameField)
    const others = own
      .slice(0, -1)
      .map(({ path }) => path)
      .sort()
    if (group !== collection.group || scope !== collection.scope || others.join('\0') !== paths.join('\0')) return false
    return own.at(-1)?.path === vector.path && own.at(-1)?.by === vector.by
  })
  return has ? undefined : { kind: 'composite', index }
}

type Collection = Pick<CompositeIndex, 'group' | 'scope'>

function branchesOf(plan: Plan, summed: readonly string[]): readonly Branch[] {
  const direction = plan.orders.at(-1)?.descending ? 'DESCENDING' : 'ASCENDING'
  return conjunctionsOf(plan.filter).map((leaves) => {
    const on = (isOf: (leaf: FieldFilter) => boolean): readonly string[] => [
      ...new Set(leaves.filter((leaf) => leaf.text !== nameField && isOf(leaf)).map(({ text }) => text)),
    ]
    const contains = on(({ op }) => op.startsWith('ARRAY_CONTAINS'))
    const equal = on(({ op }) => !isInequality(op) && !op.startsWith('ARRAY_CONTAINS'))
    const orders = plan.orders
      .filter(({ text }) => text !== nameField && !equal.includes(text))
      .map(({ text, descending }): IndexField => ({ path: text, by: descending ? 'DESCENDING' : 'ASCENDING' }))
    const sums = [...new Set(summed)]
      .filter((path) => !equal.includes(path) && !orders.some((order) => order.path === path))
      .sort()
      .map((path): IndexField => ({ path, by: direction }))
    return { equal, contains, sort: [...orders, ...sums, { path: nameField, by: direction }] }
  })
}

/** The condition as alternatives of conditions that hold together; an IN counts as one, for it needs one index. */
function conjunctionsOf(filter: Filter | undefined): readonly (readonly FieldFilter[])[] {
  if (!filter) return [[]]
  if (filter.kind === 'field') return [[filter]]
  if (filter.kind === 'or') return filter.filters.flatMap(conjunctionsOf)
  return filter.filters.reduce<readonly (readonly FieldFilter[])[]>(
    (all, part) => all.flatMap((left) => conjunctionsOf(part).map((right) => [...left, ...right])),
    [[]],
  )
}

function lackingIn(branch: Branch, collection: Collection, indexes: Indexes): Lacking | undefined {
  const { equal, contains, sort } = branch
  const fields = sort.slice(0, -1)
  if (equal.length + contains.length + fields.length === 0) return undefined
  if (isCovered(branch, collection, indexes)) return undefined
  const alone = singleFields(branch)
  if (alone) return alone.map((field) => lackingField(field, collection, indexes)).find((each) => each !== undefined)
  const ordered = sort.at(-1)?.by === fields.at(-1)?.by ? fields : sort
  const index: CompositeIndex = { ...collection, fields: [...conditionsOf(branch), ...ordered] }
  return { kind: 'composite', index }
}

/** The first fields of an index, by name as the emulator suggests them. */
function conditionsOf({ equal, contains }: Pick<Branch, 'equal' | 'contains'>): readonly IndexField[] {
  return [
    ...equal.map((path): IndexField => ({ path, by: 'ASCENDING' })),
    ...contains.map((path): IndexField => ({ path, by: 'CONTAINS' })),
  ].sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0))
}

/** The fields whose own indexes suffice; undefined where only a composite one does. */
function singleFields({ equal, contains, sort }: Branch): readonly IndexField[] | undefined {
  const [first, second, ...more] = sort
  const conditions = conditionsOf({ equal, contains })
  if (first?.path === nameField) return contains.length === 0 || equal.length === 0 ? conditions : undefined
  return first && second?.by === first.by && more.length === 0 && conditions.length === 0 ? [first] : undefined
}

/** An ascending index is read backwards too. */
function lackingField({ path, by }: IndexField, { group, scope }: Collection, indexes: Indexes): Lacking | undefined {
  const has = indexes
    .ofField(group, parsePath(path))
    .some((each) => each.scope === scope && (each.by === 'CONTAINS') === (by === 'CONTAINS'))
  return has ? undefined : { kind: 'field', group, path, index: { scope, by } }
}

/** Whether composite indexes of the right order have all conditions among their first fields. */
function isCovered({ equal, contains, sort }: Branch, collection: Collection, indexes: Indexes): boolean {
  const left = new Set([...equal, ...contains])
  let isOrdered = false
  for (const { group, scope, fields } of indexes.composites) {
    if (group !== collection.group || scope !== collection.scope) continue
    const whole = fields.at(-1)?.path === nameField ? fields : [...fields, impliedName(fields)]
    const conditions = whole.slice(0, -sort.length)
    if (!isSorted(whole.slice(-sort.length), sort)) continue
    if (!conditions.every(({ path, by }) => (by === 'CONTAINS' ? contains : equal).includes(path))) continue
    isOrdered = true
    for (const { path } of conditions) left.delete(path)
  }
  return isOrdered && left.size === 0
}

const impliedName = (fields: readonly IndexField[]): IndexField => ({
  path: nameField,
  by: fields.at(-1)?.by === 'DESCENDING' ? 'DESCENDING' : 'ASCENDING',
})

/** The same order, or the whole of it the other way round. */
function isSorted(fields: readonly IndexField[], sort: readonly IndexField[]): boolean {
  if (fields.length !== sort.length) return false
  const same = fields.filter(({ path, by }, at) => path === sort[at]?.path && by === sort[at].by).length
  const named = fields.every(({ path }, at) => path === sort[at]?.path)
  return named && (same === sort.length || same === 0)
}
