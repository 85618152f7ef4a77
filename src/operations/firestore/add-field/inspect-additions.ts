import type { Document, DocumentReader, FieldChange, FieldPath } from '../../../stores/documents.ts'
import { matching } from '../../collection-pattern.ts'
import type { CollectionPattern } from '../../collection-pattern.ts'
import { brokenLimit } from '../../document-limits.ts'
import { createProblems } from '../../document-problems.ts'
import type { Problems } from '../../document-problems.ts'
import { isBlocked, printFieldPath } from '../../field-path.ts'
import { createHotFields } from '../../hot-fields.ts'
import type { HotField } from '../../hot-fields.ts'
import type { IndexSettings } from '../../index-settings.ts'
import { fieldsWith } from '../../value-draft.ts'
import { onlyFields } from '../../value-tree.ts'

export interface Additions {
  readonly pattern: CollectionPattern
  readonly paths: readonly FieldPath[]
  /** What a run reads; undefined is whole documents. */
  readonly projection: readonly FieldPath[] | undefined
  /** Pure: what a document lacks, as far as it is read. */
  readonly of: (document: Document) => readonly FieldChange[]
}

export interface AdditionsInspection {
  readonly read: number
  /** Documents that lack a field. */
  readonly lacking: number
  /** Bytes that the fields take in these. */
  readonly bytes: number
  readonly hot: readonly HotField[]
  readonly problems: Problems
}

/** Adds without writing, to all documents or the first `most`, which are read whole: what would be too large is found. */
export async function inspectAdditions(
  { pattern, paths, projection, of }: Additions,
  documents: DocumentReader,
  { most, settings }: { readonly most: number; readonly settings: IndexSettings },
): Promise<AdditionsInspection> {
  const { problems, note } = createProblems()
  const sums = { read: 0, lacking: 0, bytes: 0 }
  const hot = createHotFields()
  for await (const document of matching(pattern, documents.scan(pattern.scope, {}))) {
    sums.read++
    for (const path of paths)
      if (isBlocked(document, path))
        note(document.name, `on the way to ${printFieldPath(path)} is something that is not a map`)
    const changes = of(onlyFields(document, projection))
    if (changes.length > 0) {
      sums.lacking++
      hot.note(document.name, fieldsWith({}, changes))
      sums.bytes += changes.reduce((sum, change) => sum + JSON.stringify(change).length, 0)
      const broken = brokenLimit(document.name, fieldsWith(document.fields, changes), settings)
      if (broken !== undefined) note(document.name, broken)
    }
    if (sums.read >= most) break
  }
  return { ...sums, hot: hot.found(), problems }
}
