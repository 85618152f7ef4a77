import type { ShapeStep } from '../client/shape.ts'
import type { Move } from '../client/move.ts'
import type { FieldType } from '../operations/conversions/conversion.ts'
import { typeOf } from '../operations/conversions/conversion.ts'
import type { FieldPath } from '../stores/documents.ts'

/** A field whose type is known, or a map of which members are known. */
export type KnownField =
  | { readonly type: string; readonly optional: boolean }
  | { readonly members: ReadonlyMap<string, KnownField> }

const typeScript: Readonly<Record<FieldType, string>> = {
  string: 'string',
  int: 'number',
  double: 'number',
  number: 'number',
  bool: 'boolean',
  timestamp: 'TimestampLike',
  bytes: 'BytesLike',
  reference: 'ReferenceLike',
  geopoint: 'GeoPointLike',
  array: 'readonly unknown[]',
  map: 'Readonly<Record<string, unknown>>',
  vector: 'VectorLike',
  null: 'unknown',
}

const unknown: KnownField = { type: 'unknown', optional: true }

/** What the steps, in their order, tell of the fields of the newest shape. */
export function knownFields(steps: readonly ShapeStep[], movedAway: readonly Move[]): ReadonlyMap<string, KnownField> {
  const fields = steps.reduce<ReadonlyMap<string, KnownField>>((known, step) => {
    switch (step.change) {
      case 'add': {
        const type = 'default' in step ? typeScript[typeOf(step.default)] : 'unknown'
        return withField(known, step.path, { type, optional: !('default' in step) })
      }
      case 'remove':
        return withField(known, step.path, undefined)
      case 'rename': {
        const field = fieldIn(known, step.path) ?? unknown
        return withField(withField(known, step.path, undefined), step.to, field)
      }
      case 'convert': {
        const was = fieldIn(known, step.path)
        const optional = was === undefined || !('type' in was) || was.optional
        const type = `${typeScript[step.conversion.to]} | null`
        return withField(withField(known, step.path, undefined), step.to, { type, optional })
      }
      case 'transform':
        return known
    }
  }, new Map())
  return movedAway.flatMap(placesLeft).reduce((known, path) => withField(known, path, undefined), fields)
}

function placesLeft({ path, fields, inward }: Move): readonly FieldPath[] {
  if (inward) return []
  return fields ?? (path === undefined ? [] : [path])
}

function fieldIn(known: ReadonlyMap<string, KnownField>, [key = '', ...rest]: FieldPath): KnownField | undefined {
  const field = known.get(key)
  if (rest.length === 0 || field === undefined) return field
  return 'members' in field ? fieldIn(field.members, rest) : undefined
}

function withField(
  known: ReadonlyMap<string, KnownField>,
  [key = '', ...rest]: FieldPath,
  field: KnownField | undefined,
): ReadonlyMap<string, KnownField> {
  const here = known.get(key)
  const members = here !== undefined && 'members' in here ? here.members : new Map<string, KnownField>()
  const inner = rest.length === 0 ? field : nested(withField(members, rest, field))
  const others = [...known].filter(([other]) => other !== key)
  // A map of which nothing is known any more may still be there.
  return new Map(inner === undefined ? others : [...others, [key, inner]])
}

function nested(members: ReadonlyMap<string, KnownField>): KnownField | undefined {
  return members.size === 0 ? undefined : { members }
}

/** The members of an interface, one line each. A map is optional where all its known members are. */
export function renderFields(known: ReadonlyMap<string, KnownField>, indent: string): readonly string[] {
  return [...known]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([key, field]) => {
      const name = `${indent}readonly ${propertyName(key)}${isOptional(field) ? '?' : ''}: `
      if ('type' in field) return [`${name}${field.type}`]
      return [`${name}{`, ...renderFields(field.members, `${indent}  `), `${indent}}`]
    })
}

function isOptional(field: KnownField): boolean {
  return 'type' in field ? field.optional : [...field.members.values()].every(isOptional)
}

/** A key as an object literal or an interface has it. */
export function propertyName(key: string): string {
  return /^[A-Za-z_$][\w$]*$/.test(key) ? key : `'${key.replace(/['\\]/g, '\\$&').replace(/\n/g, '\\n')}'`
}
