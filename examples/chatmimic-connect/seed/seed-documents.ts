import type { Fields } from '../../../src/stores/documents.ts'
import type { SeedDocument } from './chat-documents.ts'
import { generateDocuments } from './tenant-documents.ts'
import type { SeedOptions } from './tenant-plan.ts'

export interface SeedDocumentsOptions extends SeedOptions {
  /** How many calls of `write` are awaited at a time. Default 1. */
  readonly inFlight?: number | undefined
}

export type WriteDocuments = (documents: { name: string; fields: Fields }[]) => Promise<void>

/** The most that is sent at once: what BatchWrite takes, and well below the emulator's 4 MiB a request. */
const batchDocuments = 500
const batchCharacters = 1_500_000

/** Hands every document of the app to `write`, in batches of at most 500; returns their number. */
export async function seedDocuments(write: WriteDocuments, options: SeedDocumentsOptions): Promise<number> {
  const running = new Set<Promise<void>>()
  let count = 0
  for (const batch of batches(generateDocuments(options))) {
    count += batch.length
    const writing = write(batch)
    const settled = writing.finally(() => running.delete(settled))
    running.add(settled)
    if (running.size >= (options.inFlight ?? 1)) await Promise.race(running)
  }
  await Promise.all(running)
  return count
}

function* batches(documents: Iterable<SeedDocument>): Generator<SeedDocument[]> {
  let batch: SeedDocument[] = []
  let characters = 0
  for (const document of documents) {
    const size = JSON.stringify(document).length
    if (batch.length === batchDocuments || characters + size > batchCharacters) {
      yield batch
      batch = []
      characters = 0
    }
    batch.push(document)
    characters += size
  }
  if (batch.length > 0) yield batch
}
