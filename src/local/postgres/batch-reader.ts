import { findCopy } from '../../stores/pglite/copy-statement.ts'
import type { ClientMessage, MessageReader } from '../../stores/pglite/message-reader.ts'

export type NextBatch =
  /** A simple query, with the data of its COPY, or extended messages up to Sync or Flush. */
  | { readonly kind: 'batch'; readonly messages: readonly ClientMessage[] }
  /** A COPY FROM STDIN has come: the client waits to be told to send its data. */
  | { readonly kind: 'copy' }
  | { readonly kind: 'goodbye' }
  /** More bytes are needed. */
  | { readonly kind: 'incomplete' }

/** A mistake in the protocol after which client and server are out of step. */
export class ProtocolError extends Error {
  override readonly name = 'ProtocolError'
}

/** Puts messages together to what may be sent to PGlite at once, so that it never waits for the rest. */
export function createBatchReader(reader: MessageReader): { next(): NextBatch } {
  let batch: ClientMessage[] = []
  let copying = false
  const whole = (): NextBatch => {
    const messages = batch
    batch = []
    copying = false
    return { kind: 'batch', messages }
  }
  return {
    next() {
      for (let message = reader.next(); message !== undefined; message = reader.next()) {
        if (message.type === 'X') return { kind: 'goodbye' }
        if (!belongs(message, copying)) continue
        batch.push(message)
        if (!copying && batch.length === 1 && isLoneCopy(message)) {
          copying = true
          return { kind: 'copy' }
        }
        if ((copying ? 'cf' : 'SQHF').includes(message.type)) return whole()
      }
      return { kind: 'incomplete' }
    },
  }
}

/** False for what the protocol says to ignore: Sync during COPY, the rest of a COPY that failed. */
function belongs({ type, bytes }: ClientMessage, copying: boolean): boolean {
  const [wanted, ignored] = copying ? ['dcf', 'HS'] : ['PBDECHSQF', 'dcf']
  if (wanted.includes(type)) return true
  if (ignored.includes(type)) return false
  throw new ProtocolError(
    copying ? 'unexpected message type during COPY from stdin' : `invalid frontend message type ${bytes[0]}`,
  )
}

function isLoneCopy({ type, bytes }: ClientMessage): boolean {
  if (type !== 'Q') return false
  const copy = findCopy(bytes.toString('utf8', 5, bytes.length - 1))
  return copy.fromStdin && copy.statements === 1
}
