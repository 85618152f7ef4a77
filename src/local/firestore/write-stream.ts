import { randomBytes } from 'node:crypto'
import type { ServerDuplexStream } from '@grpc/grpc-js'
import { commitWrites } from './commit.ts'
import type { Gate } from './commit.ts'
import type { Databases } from './databases.ts'
import type { WriteRequest } from './requests.ts'
import { toRefusal } from './status.ts'

/**
 * Answers one Write call, as web and mobile clients use it: the first request opens the stream, each later one is a
 * commit of its own, answered in order. A commit that fails ends the stream with its status.
 */
export function writeStream(
  call: ServerDuplexStream<Buffer, object>,
  parse: (bytes: Buffer) => WriteRequest,
  databases: Databases,
  gate: Gate,
): void {
  let database: string | undefined
  let answers = 0
  call.on('data', (bytes: Buffer) => {
    try {
      const request = parse(bytes)
      const streamToken = Buffer.from(String(++answers))
      if (database === undefined) {
        database = databases.of(request.database).name
        call.write({ streamId: request.streamId || randomBytes(8).toString('hex'), streamToken })
      } else {
        call.write({ streamToken, ...commitWrites(databases.of(database), request.writes, gate) })
      }
    } catch (error) {
      call.emit('error', toRefusal(error))
    }
  })
  call.on('end', () => call.end())
}
