import { parsePattern } from '../operations/collection-pattern.ts'
import { printFieldPath } from '../operations/field-path.ts'
import { ramp } from '../operations/firestore-costs.ts'
import type { HotField } from '../operations/hot-fields.ts'
import { isExempt } from '../operations/index-settings.ts'
import type { IndexSettings } from '../operations/index-settings.ts'
import type { PlanWarning } from '../operations/operation.ts'
import type { ShapeChange } from '../operations/shape-change.ts'
import { isPrefix } from '../operations/value-tree.ts'
import type { FieldPath, Value } from '../stores/documents.ts'

/** What Firestore documents for writes a second whose index entries lie side by side. */
const hotRate = 500

/** From so many writes on the ramp passes that rate. */
const hotWrites = ramp.first * ramp.everySeconds

export interface HeatFacts {
  readonly changes: readonly ShapeChange[]
  /** What the step has seen of the values it gives. */
  readonly hot: readonly HotField[]
  /** Documents that the backfill of the step writes. */
  readonly writes: number
  /** Writes a second at most, where the environment limits them. */
  readonly mostWrites: number | undefined
  readonly settings: IndexSettings
  /** All steps of the migration: an exemption that one of them makes is there before the backfill. */
  readonly migration: readonly ShapeChange[]
}

/**
 * W130 for a field that gets one value, or values that rise with the documents' names, in so many documents that they are
 * written faster than its index takes such entries.
 */
export function hotIndexWarnings(facts: HeatFacts): readonly PlanWarning[] {
  const { changes, writes, mostWrites = Infinity } = facts
  if (writes <= hotWrites || mostWrites <= hotRate) return []
  const known = changes.map(sameInAll).filter((each) => each !== undefined)
  const seen = facts.hot.filter(
    ({ collection, path }) => !known.some((each) => each.collection === collection && isPrefix(each.path, path)),
  )
  return [
    ...known.flatMap((same) => (isCool(same, facts) ? [] : [warningOf(same, writes)])),
    ...seen.flatMap((each) => (isExemptIn(each, facts) ? [] : [warningOf({ ...each, queried: false }, writes)])),
  ]
}

interface SameInAll {
  readonly collection: string
  readonly path: FieldPath
  readonly value: Value
  readonly queried: boolean
}

/** The field that every document gets with one value, as the step says. */
function sameInAll(change: ShapeChange): SameInAll | undefined {
  if (change.change === 'add' && change.default !== undefined)
    return { ...placeOf(change), value: change.default, queried: change.queried }
  if ((change.change === 'convert' || change.change === 'transform') && change.marker !== undefined)
    return {
      ...placeOf({ pattern: change.pattern, path: change.marker.path }),
      value: change.marker.value,
      queried: false,
    }
  return undefined
}

function placeOf({
  pattern,
  path,
}: {
  readonly pattern: string
  readonly path: FieldPath
}): Pick<SameInAll, 'collection' | 'path'> {
  return { collection: parsePattern(pattern).scope.collection, path }
}

function isCool({ collection, path, value }: SameInAll, facts: HeatFacts): boolean {
  return leavesOf(value, path).every((leaf) => isExemptIn({ collection, path: leaf }, facts))
}

function isExemptIn(
  { collection, path }: Pick<HotField, 'collection' | 'path'>,
  { settings, migration }: HeatFacts,
): boolean {
  return (
    isExempt(settings, collection, path) ||
    migration.some((each) => each.change === 'exempt' && each.collection === collection && isPrefix(each.path, path))
  )
}

/** Of a map its members are indexed. */
function leavesOf(value: Value, path: FieldPath): readonly FieldPath[] {
  if (!('mapValue' in value)) return [path]
  return Object.entries(value.mapValue.fields).flatMap(([key, each]) => leavesOf(each, [...path, key]))
}

interface Heating extends Omit<HotField, 'values'> {
  readonly values?: HotField['values']
  readonly queried: boolean
}

function warningOf({ collection, path, values, queried }: Heating, writes: number): PlanWarning {
  const field = printFieldPath(path)
  const override = JSON.stringify({ collectionGroup: collection, fieldPath: field, indexes: [] })
  const gets =
    values === 'rising values'
      ? 'gets values that rise or fall with the names, as far as was looked,'
      : 'gets one value'
  const slower = `limits: { writesPerSecond: ${hotRate} } in lockstep.config.ts`
  return {
    code: 'W130',
    message: `${field} ${gets} in ${writes} documents of "${collection}": its index takes about ${hotRate} such writes a second, and the ramp goes beyond`,
    hint: queried
      ? `queries need the index: set ${slower}`
      : `if no query needs it, add a step firestore.ensureIndex('${collection}', { field: ${JSON.stringify(field)}, indexes: [] }), or ${override} to fieldOverrides in firestore.indexes.json; else set ${slower}`,
  }
}
