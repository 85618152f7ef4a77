import { LockstepError } from '../kernel/errors.ts'
import type { FieldPath } from '../stores/documents.ts'
import type { Loss } from '../operations/conversions/conversion.ts'
import { gone } from './changes.ts'
import type { Change } from './changes.ts'
import { isMap, isPrefix, withMember } from './data.ts'
import type { Data } from './data.ts'
import type { Phases } from './phases.ts'
import { readDocument } from './read-rules.ts'
import { rulesOfShape } from './rules-of-shape.ts'
import type { Sdk } from './sdk.ts'
import { sentinelOf } from './sentinels.ts'
import type { Shape, ShapeFunctions } from './shape.ts'
import { writeChanges } from './write-rules.ts'

/** What a converter reads of a snapshot: those of all SDKs have it. */
export interface SnapshotLike {
  data(options?: object): object
  readonly ref: { readonly path: string }
}

export interface SetOptionsLike {
  readonly merge?: boolean
  readonly mergeFields?: readonly unknown[]
}

/** Fields as SDKs take them. */
export interface WrittenData {
  [field: string]: unknown
}

/**
 * A FirestoreDataConverter for `withConverter()` of every SDK, and what converters do not do: `update()`, which takes
 * no converter.
 */
export interface ShapeConverter<Model extends object> {
  fromFirestore(snapshot: SnapshotLike, options?: object): Model
  toFirestore(model: Model, options?: SetOptionsLike): WrittenData
  /** A document's fields in whichever shape they are, in the newest one. */
  read(data: object, name?: string): Model
  /** Data for `update()`: keys are dotted paths of the newest shape. LS-2103 for what needs the whole document. */
  update(changes: object): WrittenData
  /** The same as FieldPaths of the SDK and values by turns, for keys with any characters: `ref.update(...args)`. */
  updateArguments(...changes: readonly (readonly [path: FieldPath, value: unknown])[]): UpdateArguments
}

/** As every SDK's `update` takes them, whose own class of paths this file does not know. */
export type UpdateArguments = [path: never, value: unknown, ...more: unknown[]]

export interface ConverterOptions {
  readonly functions?: ShapeFunctions
  /** Told of each value read that the newest shape cannot hold exactly; it is given as near as it can be. */
  readonly onLoss?: (path: FieldPath, loss: Loss) => void
}

/**
 * Reads documents of any shape of the chain, and writes those that the phases ask for. Each call looks at the phases
 * anew. LS-2109 where the SDK's parts or the functions that the steps need were not given.
 */
export function createConverter<Model extends object>(
  shape: Shape,
  phases: Phases,
  sdk: Sdk,
  { functions = {}, onLoss }: ConverterOptions = {},
): ShapeConverter<Model> {
  const rules = rulesOfShape({ shape, sdk, functions })
  const written = (changes: readonly Change[]): readonly Change[] =>
    writeChanges(rules, (migration) => phases.phaseOf(migration), changes)
  const read = (data: object, name?: string): Model =>
    readDocument(rules, (migration) => phases.phaseOf(migration), { ...data }, { name, onLoss }) as Model
  return {
    fromFirestore: (snapshot, options) => read(snapshot.data(options), snapshot.ref.path),
    read,
    toFirestore(model, options = {}) {
      if (options.merge === true) return mergedOf(writeAll(leavesOf({ ...model }, []), written), sdk)
      if (options.mergeFields !== undefined) return onlyListed(Object.fromEntries(Object.entries(model)), written)
      return wholeOf(written([{ path: [], value: { ...model } }]))
    },
    update(changes) {
      const given = Object.entries(changes).map(([key, value]) => changeOf(key.split('.'), value))
      return Object.fromEntries(writeAll(given, written).map(({ path, value }) => [dotted(path), sentOf(value, sdk)]))
    },
    updateArguments(...changes) {
      const made = writeAll(
        changes.map(([path, value]) => changeOf(path, value)),
        written,
      )
      const [first, ...rest] = made.map(({ path, value }) => [fieldPath(path, sdk), sentOf(value, sdk)] as const)
      if (first === undefined) throw refuse('nothing', 'no change was given', 'give at least one path with its value')
      return [...first, ...rest.flat()] as UpdateArguments
    },
  }
}

/** An undefined value is the SDK's business: it refuses it or, where told to, passes it over. */
function writeAll(
  changes: readonly Change[],
  written: (changes: readonly Change[]) => readonly Change[],
): readonly Change[] {
  return [
    ...written(changes.filter(({ value }) => value !== undefined)),
    ...changes.filter(({ value }) => value === undefined),
  ]
}

function changeOf(path: FieldPath, value: unknown): Change {
  return { path, value: sentinelOf(value) === 'delete' ? gone : value }
}

function wholeOf([whole]: readonly Change[]): WrittenData {
  return whole !== undefined && isMap(whole.value) ? whole.value : {}
}

/** What a merge sets: every value that is not a map, and empty maps. */
function leavesOf(value: unknown, path: FieldPath): readonly Change[] {
  if (!isMap(value) || (path.length > 0 && Object.keys(value).length === 0)) return [changeOf(path, value)]
  return Object.entries(value).flatMap(([key, member]) => leavesOf(member, [...path, key]))
}

function mergedOf(changes: readonly Change[], sdk: Sdk): WrittenData {
  return changes.reduce<Data>((data, { path, value }) => {
    if (!isMap(value) || Object.keys(value).length === 0) return withMember(data, path, sentOf(value, sdk))
    throw refuse(dotted(path), 'a merge would mix the map with the one that is there', 'use update() for it')
  }, {})
}

/** With `mergeFields` an SDK takes only the fields named, and would leave out the other shape's. */
function onlyListed(model: WrittenData, written: (changes: readonly Change[]) => readonly Change[]): WrittenData {
  const asked = Object.entries(model).map(([key, value]) => changeOf([key], value))
  const made = writeAll(asked, written)
  const other = made.find(({ path, value }) => !asked.some((change) => isAt(change, path) && change.value === value))
  if (other === undefined && made.length === asked.length) return model
  const name = (other?.path ?? []).join('.')
  throw refuse(name, 'mergeFields leaves other places of it out', 'use update(), or set with merge: true')
}

function isAt(change: Change, path: FieldPath): boolean {
  return change.path.length === path.length && isPrefix(change.path, path)
}

function sentOf(value: unknown, sdk: Sdk): unknown {
  return value === gone ? sdk.deleteField() : value
}

function dotted(path: FieldPath): string {
  const strange = path.find((key) => key === '' || /[.~*/[\]`]/.test(key))
  if (strange === undefined) return path.join('.')
  throw refuse(path.join('.'), `"${strange}" cannot stand in a dotted path`, 'use updateArguments()')
}

function fieldPath(path: FieldPath, { FieldPath: Class }: Sdk): object {
  if (Class !== undefined) return new Class(...path)
  throw new LockstepError('LS-2109', 'updateArguments() needs FieldPath of the Firestore SDK', {
    where: { name: 'sdk.FieldPath' },
    hint: 'give createConverter an sdk with FieldPath',
  })
}

function refuse(name: string, why: string, hint: string): LockstepError {
  return new LockstepError('LS-2103', `${name} cannot be written: ${why}`, { where: { name }, hint })
}
