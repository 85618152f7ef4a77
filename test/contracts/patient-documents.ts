import { isPassing } from '../../src/run/passing-errors.ts'
import type { Document, DocumentWrite, DocumentWriter, WriteResult } from '../../src/stores/documents.ts'

/**
 * Rides out what a server in trouble answers to writes, by the rules that the port gives: what is transient is sent again; where
 * the answer was lost, the version of each document says whether its write landed. Right only where nobody else writes.
 */
export function patientDocuments(documents: DocumentWriter): DocumentWriter {
  return {
    ...documents,
    write: (writes) => writePatiently(documents, writes),
    commit: async (writes) => {
      for (;;) {
        const before = await versionsOf(documents, writes)
        const sent = await unlessLost(() => documents.commit(writes))
        const result = sent ?? landedAmong(writes, before, await versionsOf(documents, writes))
        if (result && !isTransient(result)) return result
      }
    },
  }
}

async function writePatiently(
  documents: DocumentWriter,
  writes: readonly DocumentWrite[],
): Promise<readonly WriteResult[]> {
  const results = new Map<DocumentWrite, WriteResult>()
  for (let pending = writes; pending.length > 0;) {
    const now = pending
    const before = await versionsOf(documents, now)
    const sent = await unlessLost(() => documents.write(now))
    const after = sent ? [] : await versionsOf(documents, now)
    pending = now.filter((write, at) => {
      const result = sent ? sent[at] : landed(before[at], after[at])
      if (!result || isTransient(result)) return true
      results.set(write, result)
      return false
    })
  }
  return writes.flatMap((write) => results.get(write) ?? [])
}

type Version = string | undefined

async function versionsOf(documents: DocumentWriter, writes: readonly DocumentWrite[]): Promise<readonly Version[]> {
  const found: readonly (Document | undefined)[] = await documents.get(
    writes.map(({ name }) => name),
    [],
  )
  return found.map((document) => document?.updateTime)
}

async function unlessLost<T>(work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work()
  } catch (error) {
    if (isPassing(error)) return undefined
    throw error
  }
}

const isTransient = (result: WriteResult): boolean =>
  !result.ok && (result.kind === 'transient' || result.kind === 'throttled')

/** undefined where nothing has changed: it did not land, or had nothing to change and can be sent again. */
function landed(before: Version, after: Version): WriteResult | undefined {
  return before === after ? undefined : { ok: true, updateTime: after }
}

/** All or nothing, so that one changed document tells of all. */
function landedAmong(
  writes: readonly DocumentWrite[],
  before: readonly Version[],
  after: readonly Version[],
): WriteResult | undefined {
  const at = writes.findIndex((_, each) => before[each] !== after[each])
  return at === -1 ? undefined : landed(before[at], after[at])
}
