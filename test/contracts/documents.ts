import { afterAll, beforeAll, describe } from 'vitest'
import type { DocumentWrite, DocumentWriter, Fields, WriteResult } from '../../src/stores/documents.ts'
import { readingContract } from './documents-reading.ts'
import { scanningContract } from './documents-scanning.ts'
import { subtreeContract } from './documents-subtrees.ts'
import { valuesContract } from './documents-values.ts'
import { writingContract } from './documents-writing.ts'

export interface OpenedDocuments {
  readonly documents: DocumentWriter
  close(): Promise<void>
}

/** What a suite's parts work with: the adapter under test, opened before the first test. */
export type Documents = () => DocumentWriter

/**
 * Everything the port `DocumentWriter` promises, run on one adapter over an empty database of its own; `splits` is
 * whether its server has PartitionQuery.
 */
export function documentsContract(name: string, open: () => Promise<OpenedDocuments>, splits = true): void {
  describe(`documents contract: ${name}`, () => {
    let opened: OpenedDocuments | undefined
    beforeAll(async () => {
      opened = await open()
    })
    afterAll(async () => {
      await opened?.close()
    })
    const documents: Documents = () => {
      if (opened === undefined) throw new Error('not opened')
      return opened.documents
    }
    valuesContract(documents)
    writingContract(documents)
    readingContract(documents)
    scanningContract(documents, splits)
    subtreeContract(documents, splits)
  })
}

/** A put without expectation. */
export function put(name: string, fields: Fields = {}): DocumentWrite {
  return { op: 'put', name, fields, expect: 'any' }
}

/** Writes that must all succeed. */
export async function seed(documents: DocumentWriter, writes: readonly DocumentWrite[]): Promise<void> {
  const failed = (await documents.write(writes)).find((result) => !result.ok)
  if (failed !== undefined) throw new Error(`seeding failed: ${JSON.stringify(failed)}`)
}

/** One write and its result. */
export async function writeOne(documents: DocumentWriter, write: DocumentWrite): Promise<WriteResult> {
  const [result] = await documents.write([write])
  if (result === undefined) throw new Error('no result')
  return result
}

/** The names of an iteration, in its order. */
export async function namesOf(found: AsyncIterable<{ readonly name: string }>): Promise<readonly string[]> {
  const names: string[] = []
  for await (const { name } of found) names.push(name)
  return names
}
