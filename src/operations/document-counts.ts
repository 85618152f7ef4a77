import type { CollectionScope, DocumentReader, FieldPath } from '../stores/documents.ts'
import { isMissingIndex } from '../stores/missing-index.ts'

/** Undefined where the field has no index to count with, as collection-group indexes have not by default. */
export async function countHaving(
  documents: DocumentReader,
  scope: CollectionScope,
  path: FieldPath,
): Promise<number | undefined> {
  try {
    return await documents.count(scope, path)
  } catch (error) {
    if (isMissingIndex(error)) return undefined
    throw error
  }
}
