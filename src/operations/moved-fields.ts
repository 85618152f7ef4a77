import { LockstepError } from '../kernel/errors.ts'
import type { Document, FieldPath } from '../stores/documents.ts'
import { fieldAt } from './field-path.ts'
import { parseFieldSpread } from './field-spread.ts'
import { isPrefix } from './value-tree.ts'

/** Fields that go to another document: their names, or by each name the one it has there. */
export type MovedFields = readonly string[] | Readonly<Record<string, string>>

/** Where a field is in the document it leaves, and in the one it goes to. */
export interface MovedField {
  readonly from: FieldPath
  readonly to: FieldPath
}

/** Throws LS-2002 where there are none, and LS-2103 for one that cannot be written or that lies in another. */
export function parseMovedFields(fields: MovedFields, under: FieldPath = []): readonly MovedField[] {
  const named = isNames(fields) ? fields.map((name) => [name, name] as const) : Object.entries(fields)
  if (named.length === 0 || named.some((pair) => pair.some((name) => typeof name !== 'string'))) {
    throw new LockstepError('LS-2002', 'fields needs at least one field', {
      hint: "write fields: ['name', 'phone'], or fields: { contactName: 'name' } to rename them on the way",
    })
  }
  const moved = named.map(([from, to]) => ({ from: parsePlainPath(from), to: [...under, ...parsePlainPath(to)] }))
  requireBeside(moved.map(({ from }, index) => ({ path: from, text: named[index]?.[0] ?? '' })))
  requireBeside(moved.map(({ to }, index) => ({ path: to, text: named[index]?.[1] ?? '' })))
  return moved
}

/** As clients are told of them. */
export function shapeOf(moved: readonly MovedField[]): {
  readonly fields: readonly FieldPath[]
  readonly named?: readonly FieldPath[]
} {
  const fields = moved.map(({ from }) => from)
  const isRenamed = moved.some(({ from, to }) => from.length !== to.length || !isPrefix(from, to))
  return isRenamed ? { fields, named: moved.map(({ to }) => to) } : { fields }
}

/** True where the document has at least one of the fields. */
export function hasAny(document: Pick<Document, 'fields'> | undefined, paths: readonly FieldPath[]): boolean {
  return document !== undefined && paths.some((path) => fieldAt(document, path) !== undefined)
}

/** The fields at the top of the document in which these are. */
export function topFields(paths: readonly FieldPath[]): readonly FieldPath[] {
  return [...new Set(paths.map(([top = '']) => top))].map((top) => [top])
}

function isNames(fields: MovedFields): fields is readonly string[] {
  return Array.isArray(fields)
}

function parsePlainPath(text: string): FieldPath {
  const { spread, path } = parseFieldSpread(text)
  if (spread.every((step) => typeof step !== 'string'))
    return [...spread.flatMap((step) => (typeof step === 'string' ? [] : [step.key])), ...path]
  throw new LockstepError('LS-2103', `field "${text}" cannot go to another document: it stands for many places`, {
    where: { name: text },
    hint: 'name the field that holds them all; it goes as a whole',
  })
}

function requireBeside(fields: readonly { readonly path: FieldPath; readonly text: string }[]): void {
  for (const [index, { path, text }] of fields.entries()) {
    const other = fields.find((each, at) => at !== index && isPrefix(each.path, path))
    if (other === undefined) continue
    throw new LockstepError('LS-2103', `field "${text}" cannot be written: it is, or lies in, "${other.text}"`, {
      where: { name: text },
      hint: 'name each field once, and either a map or its members',
    })
  }
}
