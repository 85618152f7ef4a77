import { LockstepError } from '../../kernel/errors.ts'
import type { DocumentWrite, WriteResult } from '../documents.ts'
import { requestLimits } from '../request-limits.ts'
import type { Connection } from './connection.ts'
import { isFateUnknown, isTooLarge, rejection, statusOf, storeError } from './failures.ts'
import type { RawTimestamp } from './protocol.ts'
import { decodeVersion } from './value-codec.ts'
import { encodeWrite, type EncodedWrite } from './write-codec.ts'

const requestsInFlight = 4

interface Batch {
  readonly start: number
  readonly writes: readonly EncodedWrite[]
}

/** `DocumentWriter.write`: BatchWrite in parts, a few at a time; sends nothing more once a part's fate is unknown. */
export async function writeDocuments(
  connection: Connection,
  writes: readonly DocumentWrite[],
): Promise<readonly WriteResult[]> {
  refuseRepeatedNames(writes)
  const encoded = writes.map((write) => encodeWrite(write, connection.root))
  const results: WriteResult[] = Array.from({ length: writes.length })
  const queue = splitWrites(
    encoded,
    connection.target.emulator === undefined ? requestLimits.production : requestLimits.emulator,
  )
  let failed: { readonly error: unknown } | undefined
  const sendNext = async (): Promise<void> => {
    for (const batch of queue) {
      try {
        const settled = await sendBatch(connection, batch.writes)
        for (const [i, result] of settled.entries()) results[batch.start + i] = result
      } catch (error) {
        failed ??= { error }
      }
      if (failed !== undefined) return
    }
  }
  await Promise.all(Array.from({ length: requestsInFlight }, sendNext))
  if (failed !== undefined) throw failed.error
  return results
}

/** `DocumentWriter.commit`. Not sent when it is larger than a request may be. */
export async function commitDocuments(connection: Connection, writes: readonly DocumentWrite[]): Promise<WriteResult> {
  refuseRepeatedNames(writes)
  const encoded = writes.map((write) => encodeWrite(write, connection.root))
  try {
    const [{ writeResults }] = await connection.client.commit(
      { database: connection.database, writes: encoded.map((write) => write.raw) },
      connection.call,
    )
    return { ok: true, updateTime: versionOf(writeResults.at(-1)?.updateTime) }
  } catch (error) {
    const status = statusOf(error)
    if (isTooLarge(status)) return { ...rejection(status), kind: 'refused' }
    if (status.code > 0 && !isFateUnknown(status.code)) return rejection(status)
    throw lostError(connection, error, writes.length)
  }
}

/** Servers differ in what they make of two writes to one name; nothing here needs it. */
function refuseRepeatedNames(writes: readonly DocumentWrite[]): void {
  const names = new Set<string>()
  for (const { name } of writes) {
    if (names.has(name))
      throw new LockstepError('LS-9001', 'two writes to one document in one call', { where: { name } })
    names.add(name)
  }
}

function* splitWrites(writes: readonly EncodedWrite[], most: number): Generator<Batch> {
  let start = 0
  let bytes = 0
  for (const [i, write] of writes.entries()) {
    if (i - start === requestLimits.writes || (i > start && bytes + write.bytes > most)) {
      yield { start, writes: writes.slice(start, i) }
      start = i
      bytes = 0
    }
    bytes += write.bytes
  }
  if (start < writes.length) yield { start, writes: writes.slice(start) }
}

/**
 * One request. A refusal of the whole because of one bad write, or of its size, has written nothing, so its halves
 * are sent instead until the bad write stands alone.
 */
async function sendBatch(connection: Connection, writes: readonly EncodedWrite[]): Promise<readonly WriteResult[]> {
  try {
    const request = { database: connection.database, writes: writes.map((write) => write.raw) }
    const { client, direct = client, call } = connection
    const [{ status, writeResults }] = await direct.batchWrite(request, call)
    return status.map((one, i) =>
      one.code === 0 ? { ok: true, updateTime: versionOf(writeResults[i]?.updateTime) } : rejection(one),
    )
  } catch (error) {
    const status = statusOf(error)
    const isolable = status.code === 3 || isTooLarge(status)
    if (isolable && writes.length > 1) {
      const middle = Math.ceil(writes.length / 2)
      const first = await sendBatch(connection, writes.slice(0, middle))
      return [...first, ...(await sendBatch(connection, writes.slice(middle)))]
    }
    if (status.code <= 0 || isFateUnknown(status.code)) throw lostError(connection, error, writes.length)
    const refused = isolable ? { ...rejection(status), kind: 'refused' as const } : rejectionOfCall(status)
    return writes.map(() => refused)
  }
}

/** A code that is a conflict for one write is something else for a whole request: the database is missing, say. */
function rejectionOfCall(status: ReturnType<typeof statusOf>): WriteResult {
  const result = rejection(status)
  return result.kind === 'conflict' ? { ...result, kind: 'refused' } : result
}

function lostError(connection: Connection, error: unknown, count: number): LockstepError {
  return storeError(error, connection.target, `writing ${count} documents (it is not known which were written)`)
}

function versionOf(time: RawTimestamp | null | undefined): string | undefined {
  return time ? decodeVersion(time) : undefined
}
