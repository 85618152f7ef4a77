import protobuf from 'protobufjs'
import { parseName } from './names.ts'
import type { StoredDocument } from './store.ts'
import type { Fields, Timestamp, Value } from './values.ts'
import type { WireFields, WireInt, WireTimestamp, WireValue } from './wire.ts'

/** The part of Datastore's storage format that documents use; read from what the official emulator 1.19.9 exports. */
const definitions = `syntax = "proto2";
message Path {
  repeated group Element = 1 { required string type = 2; optional int64 id = 3; optional string name = 4; }
}
message Reference { required string app = 13; required Path path = 14; optional string database_id = 23; }
message PropertyValue {
  optional int64 int64_value = 1;
  optional bool boolean_value = 2;
  optional bytes string_value = 3;
  optional double double_value = 4;
  optional group PointValue = 5 { required double x = 6; required double y = 7; }
  optional group ReferenceValue = 12 {
    required string app = 13;
    repeated group PathElement = 14 { required string type = 15; optional int64 id = 16; optional string name = 17; }
    optional string database_id = 23;
  }
}
message Property {
  optional int32 meaning = 1;
  required string name = 3;
  required bool multiple = 4;
  required PropertyValue value = 5;
}
message EntityProto {
  required Reference key = 13;
  repeated Property property = 14;
  repeated Property raw_property = 15;
  required Path entity_group = 16;
}
message ExportMetadata {
  message Times { required string name = 1; required int64 began = 2; required int64 ended = 3; }
  message Output { required string kind = 1; required string file = 2; }
  required Times times = 1;
  repeated Output output = 2;
}
message OverallMetadata {
  message Filter { required int32 namespaces = 1; required int32 kinds = 3; }
  message Part { required Filter filter = 1; required string file = 2; required int64 entities = 3; required int64 bytes = 4; }
  repeated Part part = 1;
}`

// Resolved at once: only then are groups told from messages.
const root = protobuf.parse(definitions).root.resolveAll()

/** Encodes a message of the format. */
export function encodeMessage(type: string, message: object): Uint8Array {
  return root.lookupType(type).encode(message).finish()
}

/** Decodes one. `T` is trusted to fit the type. */
export function decodeMessage<T>(type: string, bytes: Uint8Array): T {
  const message: unknown = root.lookupType(type).decode(bytes)
  return message as T
}

/** What the kinds of values are called where their encoding alone does not tell. */
const meanings = { timestamp: 7, geoPoint: 9, bytes: 14, byteString: 16, map: 19, emptyList: 24, vector: 31 } as const

interface PathElement {
  readonly type: string
  readonly id?: WireInt | string
  readonly name?: string
}

interface EntityValue {
  readonly int64Value?: WireInt | string
  readonly booleanValue?: boolean
  readonly stringValue?: Uint8Array
  readonly doubleValue?: number
  readonly pointValue?: { readonly x: number; readonly y: number }
  readonly referenceValue?: {
    readonly app: string
    readonly pathElement?: readonly PathElement[]
    readonly databaseId?: string
  }
}

interface Property {
  readonly meaning?: number
  readonly name: string
  readonly multiple: boolean
  readonly value: EntityValue
}

interface Entity {
  readonly key: {
    readonly app: string
    readonly path: { readonly element: readonly PathElement[] }
    readonly databaseId?: string
  }
  readonly property?: readonly Property[]
  readonly rawProperty?: readonly Property[]
}

/** A document as an entity of an export. */
export function encodeEntity({ name, fields }: StoredDocument): Uint8Array {
  const { app, databaseId, elements } = appOf(name)
  const path = { element: elements }
  const key = { app, path, ...databaseId }
  return encodeMessage('EntityProto', { key, entityGroup: { element: elements.slice(0, 1) }, ...propertiesOf(fields) })
}

/** Empty lists stand apart, as the emulator writes them. */
function propertiesOf(fields: Fields): object {
  const all = Object.entries(fields).flatMap(([name, value]) => encodeValue(name, value))
  const isEmpty = ({ meaning }: Property): boolean => meaning === meanings.emptyList
  return { property: all.filter(isEmpty), rawProperty: all.filter((each) => !isEmpty(each)) }
}

/** One property for a value, for each member of a list, for each number of a vector. */
function encodeValue(name: string, value: Value): readonly Property[] {
  const one = (encoded: EntityValue, meaning?: number): Property => ({
    ...(meaning === undefined ? {} : { meaning }),
    name,
    multiple: false,
    value: encoded,
  })
  switch (value.kind) {
    case 'null':
      return [one({})]
    case 'boolean':
      return [one({ booleanValue: value.booleanValue })]
    case 'integer':
      return [one({ int64Value: value.integerValue })]
    case 'double':
      return [one({ doubleValue: value.doubleValue })]
    case 'timestamp':
      return [one({ int64Value: microsText(value.timestampValue) }, meanings.timestamp)]
    case 'string':
      return [one({ stringValue: Buffer.from(value.stringValue) })]
    case 'bytes':
      return [one({ stringValue: value.bytesValue }, meanings.bytes)]
    case 'reference':
      return [one({ referenceValue: encodeReference(value.referenceValue) })]
    case 'geoPoint': {
      const { latitude, longitude } = value.geoPointValue
      return [one({ pointValue: { x: latitude, y: longitude } }, meanings.geoPoint)]
    }
    case 'array': {
      const members = encodeMembers(name, value)
      return members.length === 0 ? [one({}, meanings.emptyList)] : members
    }
    case 'vector':
      return encodeMembers(name, value.mapValue.fields['value']).map((each) => ({ ...each, meaning: meanings.vector }))
    case 'map':
      return [one({ stringValue: encodeMap(value.mapValue.fields) }, meanings.map)]
  }
}

function encodeMembers(name: string, list: Value | undefined): readonly Property[] {
  const values = list?.kind === 'array' ? list.arrayValue.values : []
  return values.flatMap((member) => encodeValue(name, member)).map((each) => ({ ...each, multiple: true }))
}

function encodeMap(fields: Fields): Uint8Array {
  const key = { app: '', path: {} }
  return encodeMessage('EntityProto', { key, entityGroup: {}, ...propertiesOf(fields) })
}

function encodeReference(name: string): NonNullable<EntityValue['referenceValue']> {
  const { app, databaseId, elements } = appOf(name)
  return { app, pathElement: elements, ...databaseId }
}

const defaultDatabase = '(default)'

function appOf(name: string) {
  const { project, database, segments } = parseName(name, 'Resource name')
  const id = database.split('/')[3] ?? defaultDatabase
  return {
    app: `dev~${project}`,
    databaseId: id === defaultDatabase ? {} : { databaseId: id },
    elements: Array.from({ length: segments.length / 2 }, (_, at) =>
      elementOf(segments[2 * at] ?? '', segments[2 * at + 1] ?? ''),
    ),
  }
}

function elementOf(type: string, id: string): PathElement {
  const number = /^__id(-?\d+)__$/.exec(id)?.[1]
  return number === undefined ? { type, name: id } : { type, id: number }
}

/** Microseconds since 1970, beyond what a number holds. */
const microsText = ({ seconds, nanos }: Timestamp): string =>
  String(BigInt(seconds) * 1_000_000n + BigInt(Math.floor(nanos / 1000)))

function timestampOfText(text: string): WireTimestamp {
  const micros = BigInt(text)
  const nanos = ((micros % 1_000_000n) + 1_000_000n) % 1_000_000n
  return { seconds: Number((micros - nanos) / 1_000_000n), nanos: Number(nanos) * 1000 }
}

/** An entity of an export: the database it is of, the segments of its name, its fields. */
export interface DecodedEntity {
  readonly database: string
  readonly path: string
  readonly fields: WireFields
}

/** `rename` turns names of databases, of keys and of references, into those they are to have. */
export function decodeEntity(bytes: Uint8Array, rename: (database: string) => string): DecodedEntity {
  const entity = decodeMessage<Entity>('EntityProto', bytes)
  const { app, path, databaseId } = entity.key
  return {
    database: rename(databaseOf(app, databaseId)),
    path: pathOf(path.element),
    fields: decodeFields(entity, rename),
  }
}

function databaseOf(app: string, databaseId: string | undefined): string {
  return `projects/${app.replace(/^[a-z]+~/, '')}/databases/${databaseId || defaultDatabase}`
}

function pathOf(elements: readonly PathElement[]): string {
  return elements
    .map(
      (element) => `${element.type}/${Object.hasOwn(element, 'id') ? `__id${element.id?.toString()}__` : element.name}`,
    )
    .join('/')
}

type Rename = (database: string) => string

function decodeFields({ property = [], rawProperty = [] }: Omit<Entity, 'key'>, rename: Rename): WireFields {
  const fields: Record<string, WireValue> = {}
  for (const each of [...property, ...rawProperty]) {
    const value = decodeValue(each, rename)
    if (each.meaning === meanings.emptyList) fields[each.name] = { arrayValue: { values: [] } }
    else if (!each.multiple) fields[each.name] = value
    else if (each.meaning === meanings.vector) append(vectorIn(fields, each.name), value)
    else append((fields[each.name] ??= { arrayValue: { values: [] } }), value)
  }
  return fields
}

function append(list: WireValue, value: WireValue): void {
  const { values } = list.arrayValue ?? {}
  ;(values as WireValue[] | undefined)?.push(value)
}

/** The list in the map that stands for a vector. */
function vectorIn(fields: Record<string, WireValue>, name: string): WireValue {
  const found = fields[name]?.mapValue?.fields?.['value']
  if (found) return found
  const value: WireValue = { arrayValue: { values: [] } }
  fields[name] = { mapValue: { fields: { __type__: { stringValue: '__vector__' }, value } } }
  return value
}

function decodeValue({ meaning, value }: Property, rename: Rename): WireValue {
  const { int64Value, stringValue, pointValue, referenceValue } = value
  if (Object.hasOwn(value, 'int64Value') && int64Value !== undefined) {
    if (meaning === meanings.timestamp) return { timestampValue: timestampOfText(String(int64Value)) }
    return { integerValue: int64Value as WireInt }
  }
  if (Object.hasOwn(value, 'booleanValue')) return { booleanValue: value.booleanValue ?? false }
  if (Object.hasOwn(value, 'doubleValue')) return { doubleValue: value.doubleValue ?? 0 }
  if (pointValue) return { geoPointValue: { latitude: pointValue.x, longitude: pointValue.y } }
  if (referenceValue) {
    const { app, pathElement = [], databaseId } = referenceValue
    return { referenceValue: `${rename(databaseOf(app, databaseId))}/documents/${pathOf(pathElement)}` }
  }
  return Object.hasOwn(value, 'stringValue') && stringValue
    ? decodeText(stringValue, meaning, rename)
    : { nullValue: 0 }
}

function decodeText(bytes: Uint8Array, meaning: number | undefined, rename: Rename): WireValue {
  if (meaning === meanings.bytes || meaning === meanings.byteString) return { bytesValue: bytes }
  if (meaning === meanings.map)
    return { mapValue: { fields: decodeFields(decodeMessage<Entity>('EntityProto', bytes), rename) } }
  return { stringValue: Buffer.from(bytes).toString() }
}
