import { LockstepError } from '../../../kernel/errors.ts'
import type { Document, DocumentReader, FieldChange, FieldPath, Fields } from '../../../stores/documents.ts'
import type { CollectionPattern } from '../../collection-pattern.ts'
import { countHaving } from '../../document-counts.ts'
import { fieldAt } from '../../field-path.ts'
import { changeMaps, fixedPath, hasLists, mapsOf } from '../../field-spread.ts'
import type { FieldSpread } from '../../field-spread.ts'
import { createPlaceWrites } from '../../pair-edits.ts'
import { isPrefix, withValueIn } from '../../value-tree.ts'

export interface Removal {
  readonly pattern: CollectionPattern
  readonly fields: readonly FieldSpread[]
}

/** What has to be read of a document; undefined where a spread begins at the document itself. */
export function fieldsRead({ fields }: Removal): readonly FieldPath[] | undefined {
  const paths = fields.map(fixedPath)
  if (paths.some((path) => path.length === 0)) return undefined
  const distinct = [...new Map(paths.map((path) => [JSON.stringify(path), path])).values()]
  return distinct.filter((path) => !distinct.some((other) => other.length < path.length && isPrefix(other, path)))
}

/** Takes the fields out, as few changes as can be; none where there is nothing left of them. */
export function removals({ fields }: Removal, document: Document): readonly FieldChange[] {
  const { name } = document
  const unit = { key: name, names: [name], documents: new Map([[name, document]]), images: [] }
  const writes = createPlaceWrites(unit)
  for (const field of fields) {
    if (hasLists(field)) {
      const place = { name, path: fixedPath(field) }
      const value = writes.at(place)
      if (value !== undefined)
        writes.set(
          place,
          changeMaps(value, field, (map) => withoutAt(map, field.path)),
        )
      continue
    }
    for (const map of mapsOf(document, field)) {
      const place = { name, path: [...map, ...field.path] }
      if (writes.at(place) !== undefined) writes.set(place, undefined)
    }
  }
  return writes.edits().flatMap((edit) => (edit.op === 'patch' ? edit.changes : []))
}

function withoutAt(fields: Fields, path: FieldPath): Fields {
  if (fieldAt({ fields }, path) === undefined) return fields
  const left = withValueIn({ mapValue: { fields } }, path, undefined)
  return left !== undefined && 'mapValue' in left ? left.mapValue.fields : fields
}

/**
 * Documents of the scope that have the most frequent of the fields, or what leads to it; undefined where the store
 * cannot count them. 0 is proof that none is left.
 */
export async function countHolders(
  { pattern, fields }: Removal,
  documents: DocumentReader,
): Promise<number | undefined> {
  const paths = fields.map(fixedPath)
  const counts = await Promise.all(
    paths.map(async (path) => (path.length === 0 ? undefined : countHaving(documents, pattern.scope, path))),
  )
  return counts.reduce(
    (most, count) => (most === undefined || count === undefined ? undefined : Math.max(most, count)),
    0,
  )
}

/** Throws LS-2103 where one of the fields can be, or lie in, another. */
export function requireApart(fields: readonly FieldSpread[]): void {
  for (const [index, one] of fields.entries()) {
    const other = fields.slice(index + 1).find((each) => overlap(stepsOf(one), stepsOf(each)))
    if (other === undefined) continue
    throw new LockstepError('LS-2103', `fields "${one.text}" and "${other.text}" overlap`, {
      where: { name: other.text },
      hint: 'name each once; what goes takes along what lies in it',
    })
  }
}

type Steps = readonly (FieldSpread['spread'][number] | { readonly key: string })[]

function stepsOf({ spread, path }: FieldSpread): Steps {
  return [...spread, ...path.map((key) => ({ key }))]
}

function overlap(one: Steps, other: Steps): boolean {
  return one.every((step, index) => {
    const against = other[index]
    if (against === undefined || step === against) return true
    if (step === '[]' || against === '[]') return false
    return step === '*' || against === '*' || step.key === against.key
  })
}
