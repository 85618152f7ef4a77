import { settlePreImages, unsettledPages } from '../archive/pre-image-store.ts'
import type { PreImagePage } from '../archive/pre-image-store.ts'
import type { DocumentImage } from '../operations/document-hands.ts'
import type { KeptPage } from '../operations/operation.ts'
import { compareNames } from '../stores/document-names.ts'
import type { DocumentReader } from '../stores/documents.ts'
import type { TableReader, TableWriter } from '../stores/tables.ts'
import { hasLanded, parseImage, pathsOf } from './document-images.ts'

/** What an earlier attempt at the shard left on its way. */
export interface LeftPages {
  /** By document name: the images of documents that show what we meant to write. */
  readonly landed: ReadonlyMap<string, DocumentImage>
  /** Positions of images that never landed, by page. */
  readonly unapplied: ReadonlyMap<string, readonly number[]>
  /** Takes out the pages that end at or before this unit, or all of them: a checkpoint past it settles them. */
  passed(end: string | undefined): readonly KeptPage[]
}

interface Stores {
  readonly documents: DocumentReader
  readonly tables: TableReader
}

/**
 * The pages that were on their way when the shard was left, judged document by document: the version of the pre-image
 * still there, so not written; what we meant to write is there, so written; anything else is someone's newer write.
 */
export async function judgeLeftPages({ documents, tables }: Stores, shard: string): Promise<LeftPages> {
  const landed = new Map<string, DocumentImage>()
  const pages: (KeptPage & { readonly last: string })[] = []
  for (const page of await unsettledPages(tables, { shard })) {
    const images = page.images.map(parseImage)
    const unapplied = await judge(documents, images)
    for (const [index, image] of images.entries()) if (!unapplied.includes(index)) landed.set(image.name, image)
    const last = images.reduce((latest, { unit }) => (compareNames(unit, latest) > 0 ? unit : latest), '')
    pages.push({ seq: page.seq, unapplied, last })
  }
  return {
    landed,
    unapplied: new Map(pages.map(({ seq, unapplied }) => [seq, unapplied])),
    passed(end) {
      const isBehind = ({ last }: { readonly last: string }): boolean =>
        end === undefined || compareNames(last, end) <= 0
      const behind = pages.filter(isBehind)
      pages.splice(0, pages.length, ...pages.filter((page) => !isBehind(page)))
      return behind.map(({ seq, unapplied }) => ({ seq, unapplied }))
    },
  }
}

/** Positions of the images whose write is not there. */
async function judge(documents: DocumentReader, images: readonly DocumentImage[]): Promise<readonly number[]> {
  const names = images.map((image) => image.name)
  const found = await documents.get(names, pathsOf(images))
  return images.flatMap((image, index) => (hasLanded(found[index], image) ? [] : [index]))
}

/** Judges and settles every page of documents a run left on its way: before it goes back, all of them must be known. */
export async function settleLeftPages(
  { documents, tables }: { readonly documents: DocumentReader; readonly tables: TableWriter },
  run: string,
  steps: readonly number[],
): Promise<void> {
  for (const page of await unsettledPages(tables, { run, steps })) {
    const unapplied = await judge(documents, imagesOf(page))
    await tables.transaction((q) => settlePreImages(q, [{ seq: page.seq, unapplied }]))
  }
}

function imagesOf(page: PreImagePage): readonly DocumentImage[] {
  return page.images.map(parseImage)
}
