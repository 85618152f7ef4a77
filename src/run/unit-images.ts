import { unitImages } from '../archive/pre-image-store.ts'
import type { ClaimedShard } from '../ledger/shards.ts'
import type { DocumentImage } from '../operations/document-hands.ts'
import type { TableReader } from '../stores/tables.ts'
import { parseImage } from './document-images.ts'

/**
 * What a step did to these units, by unit, oldest first. What is on its way is not known yet and left out, but for the
 * pages of which `judged` names the images that never landed.
 */
export async function readUnitImages(
  tables: TableReader,
  of: Pick<ClaimedShard, 'run' | 'step'>,
  units: readonly string[],
  judged: ReadonlyMap<string, readonly number[]> = new Map(),
): Promise<ReadonlyMap<string, readonly DocumentImage[]>> {
  const found = new Map<string, DocumentImage[]>(units.map((unit) => [unit, []]))
  for (const page of await unitImages(tables, of, units)) {
    const unapplied = page.settled ? page.unapplied : judged.get(page.seq)
    if (unapplied === undefined) continue
    const skipped = new Set(unapplied)
    for (const [index, image] of page.images.entries()) {
      if (!skipped.has(index)) found.get(image.unit ?? image.name)?.push({ ...parseImage(image), phase: page.phase })
    }
  }
  return found
}
