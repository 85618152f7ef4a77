import type { PGlite } from '@electric-sql/pglite'
import { Duplex } from 'node:stream'
import { createMessageReader } from './message-reader.ts'
import { authenticationOk, parameterStatus, readyForQuery } from './server-messages.ts'

/**
 * A stand-in for a socket, so that the `pg` client talks to PGlite in this process and values are converted by the
 * very same code as on a server. Whoever uses the client holds PGlite's transaction lock; COPY FROM STDIN must not
 * be sent (PGlite would exit).
 */
export function createInProcessStream(db: PGlite): Duplex {
  const reader = createMessageReader()
  let greeted = false
  let batch: Buffer[] = []

  const answer = async (stream: Duplex): Promise<void> => {
    if (!greeted) greeted = greet(stream, reader.untyped())
    for (let message = reader.next(); message !== undefined; message = reader.next()) {
      if (message.type === 'X') {
        stream.push(null)
        return
      }
      batch.push(message.bytes)
      if (message.type !== 'S' && message.type !== 'Q' && message.type !== 'H') continue
      const bytes = Buffer.concat(batch)
      batch = []
      await db.runExclusive(() =>
        db.execProtocolRawStream(bytes, { onRawData: (data) => stream.push(Buffer.from(data)) }),
      )
    }
  }

  const stream = new Duplex({
    read: () => undefined,
    write(chunk: Buffer, _encoding, done) {
      reader.append(chunk)
      void answer(stream).then(
        () => done(),
        (error: Error) => done(error),
      )
    },
  })
  return Object.assign(stream, {
    connect: () => process.nextTick(() => stream.emit('connect')),
    setNoDelay: () => stream,
    setKeepAlive: () => stream,
    ref: () => stream,
    unref: () => stream,
  })
}

function greet(stream: Duplex, startup: Buffer | undefined): boolean {
  if (startup === undefined) return false
  stream.push(authenticationOk)
  stream.push(parameterStatus('client_encoding', 'UTF8'))
  stream.push(readyForQuery('I'))
  return true
}
