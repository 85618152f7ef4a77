/** What to do with a message of the server: let it pass, drop it, or send these bytes instead. */
export type Verdict = 'pass' | 'drop' | Buffer

/** Which types of message are held until they are whole and judged; all others stream through as they come. */
export type Judges = Partial<Record<string, (message: Buffer) => Verdict>>

/** Takes a server's bytes in pieces of any size and sends on what the judges leave. */
export interface ResponseFilter {
  push(chunk: Uint8Array): void
}

/** Rows pass without being gathered, so memory does not grow with a message that nobody judges. */
export function createResponseFilter(judges: Judges, send: (bytes: Buffer) => void): ResponseFilter {
  let header: Buffer = Buffer.alloc(0)
  let held: Buffer[] | undefined
  let left = 0

  const begin = (bytes: Buffer): Buffer => {
    const wanted = 5 - header.length
    header = Buffer.concat([header, bytes.subarray(0, wanted)])
    if (header.length < 5) return Buffer.alloc(0)
    left = header.readInt32BE(1) - 4
    held = judges[typeOf(header)] === undefined ? undefined : [header]
    if (held === undefined) send(header)
    return bytes.subarray(wanted)
  }
  const proceed = (bytes: Buffer): Buffer => {
    const part = bytes.subarray(0, left)
    left -= part.length
    if (held === undefined) {
      if (part.length > 0) send(part)
    } else held.push(part)
    return bytes.subarray(part.length)
  }
  const finish = (): void => {
    const whole = held === undefined ? undefined : Buffer.concat(held)
    const verdict = whole === undefined ? 'drop' : judges[typeOf(header)]?.(whole)
    header = Buffer.alloc(0)
    held = undefined
    if (whole === undefined || verdict === 'drop') return
    send(Buffer.isBuffer(verdict) ? verdict : whole)
  }

  return {
    push(chunk) {
      // PGlite reuses the memory it shows us.
      let bytes: Buffer = Buffer.from(chunk)
      while (bytes.length > 0) {
        bytes = header.length < 5 ? begin(bytes) : proceed(bytes)
        if (header.length === 5 && left === 0) finish()
      }
    },
  }
}

function typeOf(header: Buffer): string {
  return String.fromCharCode(header[0] ?? 0)
}

/** The text after a message's head up to its first zero byte, e.g. the tag of CommandComplete. */
export function textOf(message: Buffer): string {
  const end = message.indexOf(0, 5)
  return message.toString('utf8', 5, end === -1 ? undefined : end)
}
