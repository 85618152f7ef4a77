/** One message of the Postgres protocol as a client sends it: `type` is its first byte as a letter. */
export interface ClientMessage {
  readonly type: string
  /** The whole message: type, length, body. */
  readonly bytes: Buffer
}

/** Gives whole messages back, however the transport cut them. */
export interface MessageReader {
  append(chunk: Uint8Array): void
  /** The next message without a type byte (startup, TLS and cancel requests), once it is complete. */
  untyped(): Buffer | undefined
  /** The next ordinary message, once it is complete. */
  next(): ClientMessage | undefined
}

/** A length that no honest client sends: the stream is out of step or hostile, and must be closed. */
export class MessageLengthError extends Error {
  override readonly name = 'MessageLengthError'
}

/** Reads messages of up to `limit` bytes; memory is what is not yet handed out. */
export function createMessageReader(limit = 256 * 1024 * 1024): MessageReader {
  let chunks: Buffer[] = []
  let held = 0

  const gather = (count: number): Buffer | undefined => {
    if (held < count) return undefined
    const first = chunks[0]
    if (first !== undefined && first.length >= count) return first
    const all = Buffer.concat(chunks)
    chunks = [all]
    return all
  }
  const take = (lengthAt: number): Buffer | undefined => {
    const length = gather(lengthAt + 4)?.readInt32BE(lengthAt)
    if (length === undefined) return undefined
    if (length < 4 || length > limit) throw new MessageLengthError(`a message announces ${length} bytes`)
    const whole = gather(lengthAt + length)
    if (whole === undefined) return undefined
    const message = whole.subarray(0, lengthAt + length)
    chunks[0] = whole.subarray(message.length)
    if (chunks[0].length === 0) chunks.shift()
    held -= message.length
    return message
  }

  return {
    append(chunk) {
      if (chunk.length === 0) return
      chunks.push(Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength))
      held += chunk.length
    },
    untyped: () => take(0),
    next() {
      const bytes = take(1)
      return bytes === undefined ? undefined : { type: String.fromCharCode(bytes[0] ?? 0), bytes }
    },
  }
}
