import { z } from 'zod'
import { preImagePages } from '../archive/pre-image-store.ts'
import type { ClaimedShard } from '../ledger/shards.ts'
import type { DocumentHands, DocumentImage } from '../operations/document-hands.ts'
import type { Checkpoint, Work } from '../operations/operation.ts'
import type { Document, FieldChange } from '../stores/documents.ts'
import type { TableReader } from '../stores/tables.ts'
import { parseImage, pathsOf, wayBack } from './document-images.ts'

/** The way back over the pre-images of one shard of the way there. */
const revertScope = z.object({ shard: z.string() })

export interface RevertOptions {
  readonly tables: TableReader
  readonly shard: ClaimedShard
  readonly work: Work<unknown>
  readonly hands: DocumentHands
}

/** Newest page first, so that a document rewritten twice ends where it began. Others' later values stay and are told. */
export async function* revertDocuments({ tables, shard, work, hands }: RevertOptions): AsyncGenerator<Checkpoint> {
  const scope = revertScope.parse(work.scope)
  const before = typeof work.cursor === 'string' ? work.cursor : undefined
  for await (const page of preImagePages(tables, { run: shard.run, step: shard.step, shard: scope.shard }, before)) {
    const images = page.images.filter((_, index) => !page.unapplied.includes(index)).map(parseImage)
    const byName = new Map(images.map((image) => [image.name, image]))
    const kept = new Set<string>()
    const result = await revertPage({ hands, byName, kept })
    if (kept.size > 0) hands.kept([...kept], 'others changed the field since, so it stays as they left it')
    yield { ...result, cursor: page.seq }
  }
}

interface RevertPage {
  readonly hands: DocumentHands
  readonly byName: ReadonlyMap<string, DocumentImage>
  readonly kept: Set<string>
}

async function revertPage({ hands, byName, kept }: RevertPage): Promise<Checkpoint> {
  const fields = pathsOf([...byName.values()].map(withSurroundings))
  const found = await hands.documents.get([...byName.keys()], fields)
  const page = found.filter((document) => document !== undefined)
  const change = (document: Document): readonly FieldChange[] => {
    const image = byName.get(document.name)
    if (image === undefined) return []
    const back = wayBack(document, image)
    if (back.foreign.length > 0) kept.add(document.name)
    return back.changes
  }
  return hands.rewrite({ page, fields, change })
}

/** What is put back into a map is read with the whole field at the top, to see what may be in the way by now. */
function withSurroundings(image: DocumentImage): DocumentImage {
  const put = image.before.filter(([path, value]) => path.length > 1 && value !== null)
  return { ...image, made: [...image.made, ...put.map(([path]) => path.slice(0, 1))] }
}
