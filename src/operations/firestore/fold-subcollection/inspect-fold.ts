import type { CollectionScope, DocumentReader } from '../../../stores/documents.ts'
import { matching } from '../../collection-pattern.ts'
import { countHaving } from '../../document-counts.ts'
import { pagesOf } from '../../document-pages.ts'
import type { EntryPlaces } from '../../entry-places.ts'
import { fieldAt } from '../../field-path.ts'
import { entriesAt } from '../../map-entries.ts'
import type { Note } from '../../relocation-checks.ts'
import { sampleSize } from '../../relocation-operation.ts'
import type { Check } from '../../relocation-operation.ts'
import { unitsOfPage } from '../../relocation.ts'
import type { Relocation } from '../../relocation.ts'

export interface Folding {
  readonly places: EntryPlaces
  readonly relocation: Relocation
  readonly check: Check
}

/** Notes documents that have the field already, and documents of the subcollection that have collections below them. */
export async function inspectFold(folding: Folding, documents: DocumentReader, note: Note): Promise<void> {
  await noteTaken(folding, documents, note)
  await noteParents(folding, documents, note)
}

/** An entry that stands for its document is not in the way: it says so by itself where it does not. */
async function noteTaken({ places, relocation }: Folding, documents: DocumentReader, note: Note): Promise<void> {
  const { pattern, field, nameOf } = places
  if ((await countHaving(documents, pattern.scope, field)) === 0) return
  const found = documents.scan(pattern.scope, {}, { fields: [field.slice(0, 1)] })
  for await (const page of pagesOf(matching(pattern, found))) {
    for (const unit of await unitsOfPage(relocation, 'to', page, { documents, images: async () => new Map() })) {
      const host = unit.documents.get(unit.key)
      const value = host === undefined ? undefined : fieldAt(host, field)
      if (value === undefined || 'nullValue' in value) continue
      const keys = Object.keys(entriesAt(host, field))
      const isOurs = keys.length > 0 && keys.every((key) => unit.documents.has(nameOf(unit.key, key)))
      if (!isOurs) note(unit.key, 'it has the field already')
    }
  }
}

/** What lies below a document stays when that goes, under a parent that is missing then. */
async function noteParents({ places, check }: Folding, documents: DocumentReader, note: Note): Promise<void> {
  const { children } = places
  const depth = children.text.split('/').length
  let child: string | undefined
  let read = 0
  for await (const { name } of documents.scan(everythingAround(children.text), {}, { fields: [] })) {
    if (check === 'sample' && ++read > sampleSize) return
    const ids = name.split('/')
    const above = ids.slice(0, depth).join('/')
    if (ids.length === depth) child = children.match(name) === undefined ? undefined : name
    else if (above === child) {
      note(child, 'it has collections of its own, which cannot be part of a map')
      child = undefined
    }
  }
}

/** The collection in which the first placeholder of the pattern stands, with everything below it. */
function everythingAround(pattern: string): CollectionScope {
  const fixed = pattern.slice(0, pattern.indexOf('/{')).split('/')
  return { parent: fixed.slice(0, -1).join('/'), collection: fixed.at(-1) ?? '', descendants: false, subtree: true }
}
