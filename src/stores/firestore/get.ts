import type { Document, FieldPath } from '../documents.ts'
import type { Connection } from './connection.ts'
import { storeError } from './failures.ts'
import { renderMask } from './field-masks.ts'
import type { RawDocument } from './protocol.ts'
import { retryRead } from './retry.ts'
import { rowsOf } from './row-stream.ts'
import { decodeDocument } from './value-codec.ts'
import { readDocument } from './wire-documents.ts'

/** A name has 6 KiB at most, so that many stay below every server's request size. */
const namesPerRequest = 500

type Answer = { readonly found?: RawDocument | null } | Uint8Array

/** `DocumentReader.get`: BatchGetDocuments in parts, put back into the order of `names`. */
export async function getDocuments(
  connection: Connection,
  names: readonly string[],
  fields?: readonly FieldPath[],
): Promise<readonly (Document | undefined)[]> {
  const found = new Map<string, Document>()
  for (let start = 0; start < names.length; start += namesPerRequest) {
    const part = names.slice(start, start + namesPerRequest)
    try {
      const documents = await retryRead(() => getPart(connection, part, fields))
      for (const document of documents) found.set(document.name, document)
    } catch (error) {
      throw storeError(error, connection.target, `reading ${part.length} documents`)
    }
  }
  return names.map((name) => found.get(name))
}

async function getPart(
  connection: Connection,
  names: readonly string[],
  fields?: readonly FieldPath[],
): Promise<readonly Document[]> {
  const { client, direct = client, database, root, call } = connection
  const mask = fields === undefined ? {} : { mask: { fieldPaths: renderMask(fields) } }
  const stream = direct.batchGetDocuments(
    { database, documents: names.map((name) => `${root}/${name}`), ...mask },
    call,
  )
  const documents: Document[] = []
  for await (const answers of rowsOf(stream, isAnswer)) {
    for (const answer of answers) {
      const document = documentIn(answer, root.length + 1)
      if (document !== undefined) documents.push(document)
    }
  }
  return documents
}

function documentIn(answer: Answer, prefix: number): Document | undefined {
  if (answer instanceof Uint8Array) return readDocument(answer, prefix)
  return answer.found ? decodeDocument(answer.found, prefix) : undefined
}

function isAnswer(value: unknown): value is Answer {
  return typeof value === 'object' && value !== null
}
