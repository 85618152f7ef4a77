import type { Document, DocumentReader } from '../stores/documents.ts'
import { printPlace } from './relocate.ts'
import type { Note } from './relocation-checks.ts'
import { knownPairs, unitsOfPage, valueAt } from './relocation.ts'
import type { Images, Relocation } from './relocation.ts'

const noImages: Images = async () => new Map()

/** Notes what is in the new place already and not in the old one: the way back could not tell it from what came later. */
export async function noteStrangers(
  relocation: Relocation,
  documents: DocumentReader,
  found: AsyncIterable<Document>,
  note: Note,
): Promise<void> {
  const flush = async (page: readonly Document[]): Promise<void> => {
    for (const unit of await unitsOfPage(relocation, 'to', page, { documents, images: noImages })) {
      for (const { from, to } of knownPairs(relocation, unit)) {
        if (valueAt(unit, to) !== undefined && valueAt(unit, from) === undefined)
          note(printPlace(to), 'it is in the new place, and not in the old one: the way back would take it there')
      }
    }
  }
  let page: Document[] = []
  for await (const document of found) {
    page.push(document)
    if (page.length < 500) continue
    await flush(page)
    page = []
  }
  if (page.length > 0) await flush(page)
}
