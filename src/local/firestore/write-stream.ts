import { randomBytes } from 'node:crypto'
import type { ServerDuplexStream } from '@grpc/grpc-js'
import { commitWrites } from './commit.ts'
import type { Gate } from './commit.ts'
import type { Databases } from './databases.ts'
import type { Locks } from './locks.ts'
import type { WriteRequest } from './requests.ts'
import { toRefusal } from './status.ts'

/** What a stream of writes stands on. */
export interface WriteParts {
  readonly databases: Databases
  readonly gate: Gate
  readonly locks: Locks
}

/**
 * Answers one Write call, as web and mobile clients use it: the first request opens the stream, each later one is a
 * commit of its own, answered in order. A commit that fails ends the stream with its status, and those behind it are not done.
 */
export function writeStream(
  call: ServerDuplexStream<Buffer, object>,
  parse: (bytes: Buffer) => WriteRequest,
  { databases, gate, locks }: WriteParts,
): void {
  let database: string | undefined
  let answers = 0
  const answer = async (bytes: Buffer): Promise<void> => {
    const request = parse(bytes)
    const streamToken = Buffer.from(String(++answers))
    if (database === undefined) {
      database = databases.of(request.database).name
      return void call.write({ streamId: request.streamId || randomBytes(8).toString('hex'), streamToken })
    }
    const turn = { locks, database, holder: undefined }
    const committed = await commitWrites(databases.of(database), request.writes, { gate, turn })
    call.write({ streamToken, ...committed })
  }
  const answerAfter = async (before: Promise<boolean>, bytes: Buffer): Promise<boolean> => {
    if (!(await before)) return false
    try {
      await answer(bytes)
      return true
    } catch (error) {
      call.emit('error', toRefusal(error))
      return false
    }
  }
  let isWell = Promise.resolve(true)
  call.on('data', (bytes: Buffer) => {
    isWell = answerAfter(isWell, bytes)
  })
  call.on('end', () => void isWell.then((well) => well && call.end()))
}
