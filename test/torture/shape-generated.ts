import { join } from 'node:path'
import { bothPaths, createConverter, fixedPhases, writeMoved } from '../../src/client/client.ts'
import type { Data, Move, MovedWrite, Phases, Shape } from '../../src/client/client.ts'
import { parsePhase } from '../../src/client/phases.ts'
import { sameValue } from '../../src/operations/field-path.ts'
import type { DocumentWrite, FieldChange, FieldPath, Value } from '../../src/stores/documents.ts'
import { decodeValue, encodeValue } from '../../src/stores/values.ts'
import { lockstepHere } from './here.ts'
import { succeed } from './processes.ts'
import { cents, orders } from './shape-functions.ts'
import type { Change, Kind, Spot } from './shape-model.ts'
import { fieldsOf } from './shape-model.ts'

/** What `lockstep codegen` wrote of one kind: the rules by which a new client writes. */
export interface Generated {
  readonly shape?: Shape
  readonly move?: Move
}

/** Runs `lockstep codegen` in the project and takes each kind's part of the file. */
export async function generate(
  folder: string,
  env: NodeJS.ProcessEnv,
  kinds: readonly Kind[],
): Promise<ReadonlyMap<Kind, Generated>> {
  await succeed(lockstepHere(['codegen'], folder, env))
  const found = Object.values((await import(join(folder, 'lockstep.client.ts'))) as Record<string, unknown>)
  const shapes = found.filter((each): each is Shape => isObject(each) && 'steps' in each)
  const moves = found.filter((each): each is Move => isObject(each) && 'inward' in each)
  return new Map(
    kinds.map((kind) => {
      const { pattern } = kind
      const move = moves.find(({ from }) => from.startsWith(pattern))
      const shape = shapes.find((each) => each.pattern === pattern && each.steps.length > 0)
      return [kind, { ...(move === undefined ? {} : { move }), ...(shape === undefined ? {} : { shape }) }] as const
    }),
  )
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null
}

/** A value that goes through the runtime as it is, as an object of the app's SDK does. */
class Raw {
  readonly value: Value
  constructor(value: Value) {
    this.value = value
  }
}

class Path {
  readonly segments: readonly string[]
  constructor(...segments: string[]) {
    this.segments = segments
  }
}

class Timestamp {
  readonly seconds: number
  readonly nanoseconds: number
  constructor(seconds: number, nanoseconds: number) {
    this.seconds = seconds
    this.nanoseconds = nanoseconds
  }
  toDate(): Date {
    return new Date(this.seconds * 1000)
  }
}

const deletion = Object.freeze({ methodName: 'FieldValue.delete', constructor: Raw })
const sdk = { deleteField: () => deletion, Timestamp, FieldPath: Path }
const functions = { conversions: { price: cents, euros: cents }, transforms: { document: orders } }

/**
 * The writes of a new client in this phase, by the generated rules: of the document as a whole or of what changed in
 * it. Undefined for what they do not write: births and ends of all that an entity has.
 */
export function generatedWrites(
  { shape, move }: Generated,
  change: Change,
  { phase, migration, whole }: { readonly phase: string; readonly migration: string; readonly whole: boolean },
): readonly DocumentWrite[] | undefined {
  if (change.before === undefined || change.after === undefined) return undefined
  const phases = fixedPhases({ [migration]: parsePhase(phase === 'absent' ? undefined : phase) })
  if (move !== undefined) return whole ? undefined : movedWrites(move, phases, change)
  if (shape === undefined) return undefined
  const converter = createConverter<object>(shape, phases, sdk, { functions })
  const { kind, id } = change
  const spots = modelOf(change, phase)
  if (whole) {
    const model = spots.reduce<Data>((data, spot) => placed(data, spot.path, appValue(spot)), {})
    return [{ op: 'put', name: id, fields: fieldsOf(raw(converter.toFirestore(model))), expect: 'any' }]
  }
  const before = modelOf({ ...change, after: change.before }, phase)
  const changed = spots.filter(({ part }) => !sameValue(change.before?.[part], change.after?.[part]))
  const gone = before.filter(({ path }) => !spots.some((spot) => spot.path.join('\n') === path.join('\n')))
  const pairs = [
    ...changed.filter(({ path }) => !isMarker(kind, path)).map((spot) => [spot.path, appValue(spot)] as const),
    ...gone.filter(({ path }) => !isMarker(kind, path)).map((spot) => [spot.path, deletion] as const),
  ]
  if (pairs.length === 0) return []
  const given = converter.updateArguments(...pairs) as readonly unknown[]
  const changes = given.flatMap((path, index) =>
    path instanceof Path && index % 2 === 0 ? [{ path: path.segments, value: raw(given[index + 1]) }] : [],
  )
  return [{ op: 'patch', name: id, changes, expect: 'any' }]
}

function isMarker({ marker }: Kind, path: FieldPath): boolean {
  return marker?.path.join('\n') === path.join('\n')
}

/** What the client has read: the newest shape, with fields that are to go as long as they are read. */
function modelOf({ kind, id, after = {} }: Change, phase: string): readonly Spot[] {
  const neu = kind.spots('new', id, after)
  const parts = new Set(neu.map(({ part }) => part))
  const late = phase === 'contract' || phase === 'completed'
  const old = late ? [] : kind.spots('old', id, after).filter(({ part }) => !parts.has(part))
  return [...neu.filter((spot) => !(kind.wholeOnly?.includes('new') === true && isVersion(spot))), ...old]
}

/** The runtime itself marks what it writes. */
function isVersion({ path }: Spot): boolean {
  return path.join('.') === 'version'
}

/** The runtime sees numbers, texts, times and maps of them; all else goes through. */
function appValue({ part, value }: Spot): unknown {
  if (part !== 'it') return new Raw(value)
  if ('timestampValue' in value) return new Timestamp(Date.parse(value.timestampValue) / 1000, 0)
  return decodeValue(value)
}

function placed(data: Data, [key = '', ...rest]: FieldPath, value: unknown): Data {
  if (rest.length === 0) return { ...data, [key]: value }
  const inner = data[key]
  return { ...data, [key]: placed(isObject(inner) ? { ...inner } : {}, rest, value) }
}

/** As it is stored; undefined for what is to be taken away. */
function raw(value: unknown): Value | undefined {
  if (value === deletion) return undefined
  if (value instanceof Raw) return value.value
  if (value instanceof Timestamp)
    return { timestampValue: `${new Date(value.seconds * 1000).toISOString().slice(0, 19)}Z` }
  if (!isObject(value) || Array.isArray(value)) return encodeValue(value)
  const fields = Object.entries(value).flatMap(([key, inner]) => {
    const member = raw(inner)
    return member === undefined ? [] : [[key, member] as const]
  })
  return { mapValue: { fields: Object.fromEntries(fields) } }
}

/** One thing after the other, and all in one batch; fields that are not moved are the host's own. */
function movedWrites(move: Move, phases: Phases, { kind, id, before, after }: Change): readonly DocumentWrite[] {
  const parts = [...new Set([...Object.keys(before ?? {}), ...Object.keys(after ?? {})])]
  const changed = parts.filter((part) => !sameValue(before?.[part], after?.[part]))
  const writes = changed.flatMap((part): readonly DocumentWrite[] => {
    const value = after?.[part]
    if (part === 'rest') return restWrites(kind, id, { before: before?.['rest'], after: value })
    if (move.what === 'documents') return renamedWrites(move, phases, `whatsapp/${id}${part}`, value)
    const params = { id: id.split('/').at(-1) ?? '', key: part }
    return writeMoved(move, { phases, sdk }, params, movedValue(kind, value)).map(documentWrite)
  })
  const byName = new Map<string, DocumentWrite>()
  for (const write of writes) byName.set(write.name, joined(byName.get(write.name), write))
  return [...byName.values()]
}

function joined(first: DocumentWrite | undefined, second: DocumentWrite): DocumentWrite {
  if (first?.op === 'patch' && second.op === 'patch')
    return { ...first, changes: [...first.changes, ...second.changes] }
  if (first === undefined) return second
  throw new Error(`${second.name} is written twice`)
}

/** A moved thing in its newest form. */
function movedValue(kind: Kind, value: Value | undefined): unknown {
  if (value === undefined) return undefined
  const fields = Object.entries(fieldsOf(value)).map(([key, inner]) => [key, new Raw(inner)] as const)
  const named = Object.fromEntries(fields.map(([key, inner]) => [kind.newNames?.[key] ?? key, inner]))
  return kind.name === 'mergeDocuments' ? { profile: named } : named
}

function restWrites(
  kind: Kind,
  id: string,
  { before, after }: { readonly before: Value | undefined; readonly after: Value | undefined },
): readonly DocumentWrite[] {
  const [first] = kind.spots('new', id, { rest: after ?? { mapValue: { fields: {} } } })
  if (first === undefined) return []
  const [was, is] = [fieldsOf(before), fieldsOf(after)]
  const keys = [...new Set([...Object.keys(was), ...Object.keys(is)])].filter((key) => !sameValue(was[key], is[key]))
  return [
    { op: 'patch', name: first.name, changes: keys.map((key) => ({ path: [key], value: is[key] })), expect: 'any' },
  ]
}

function renamedWrites(move: Move, phases: Phases, name: string, value: Value | undefined): readonly DocumentWrite[] {
  const { read, write } = bothPaths([move], phases, name)
  if (value === undefined) return read.map((each) => ({ op: 'delete', name: each, expect: 'any' }))
  return write.map((each) => ({ op: 'put', name: each, fields: fieldsOf(value), expect: 'any' }))
}

function documentWrite(write: MovedWrite): DocumentWrite {
  const name = write.path
  if ('delete' in write) return { op: 'delete', name, expect: 'any' }
  if ('update' in write) return { op: 'patch', name, changes: updatedFields(write.update), expect: { exists: true } }
  const mergeFields: readonly unknown[] | undefined = write.options.mergeFields
  const stored = raw(write.data)
  if (mergeFields === undefined) return { op: 'put', name, fields: fieldsOf(stored), expect: 'any' }
  const changes = mergeFields.flatMap((field) =>
    field instanceof Path ? [{ path: field.segments, value: memberOf(write.data, field.segments) }] : [],
  )
  return { op: 'patch', name, changes, expect: 'any' }
}

/** Paths and values by turns. */
function updatedFields(args: readonly unknown[]): readonly FieldChange[] {
  return args.flatMap((path, at) => (path instanceof Path ? [{ path: path.segments, value: raw(args[at + 1]) }] : []))
}

function memberOf(data: unknown, [key, ...rest]: FieldPath): Value | undefined {
  if (key === undefined) return raw(data)
  return isObject(data) && key in data ? memberOf((data as Readonly<Record<string, unknown>>)[key], rest) : undefined
}
