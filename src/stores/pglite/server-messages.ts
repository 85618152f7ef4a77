/** Bytes of the messages a Postgres server sends, for what we answer without asking PGlite. */

/** Any message: `type` is one letter. */
export function serverMessage(type: string, ...parts: readonly Buffer[]): Buffer {
  const body = Buffer.concat(parts)
  const head = Buffer.alloc(5)
  head.write(type, 'latin1')
  head.writeInt32BE(body.length + 4, 1)
  return Buffer.concat([head, body])
}

/** A string and its closing zero byte. */
export function cString(text: string): Buffer {
  return Buffer.from(`${text}\0`)
}

/** A big-endian 32-bit integer. */
export function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeInt32BE(value)
  return bytes
}

/** The login succeeded. */
export const authenticationOk = serverMessage('R', int32(0))

/** Ready for the next query: `I` idle, `T` in a transaction, `E` in a failed one. */
export function readyForQuery(status: 'I' | 'T' | 'E'): Buffer {
  return serverMessage('Z', Buffer.from(status))
}

/** A setting the client should know. */
export function parameterStatus(name: string, value: string): Buffer {
  return serverMessage('S', cString(name), cString(value))
}

export interface Complaint {
  readonly severity: 'ERROR' | 'FATAL' | 'NOTICE' | 'WARNING'
  /** The SQLSTATE. */
  readonly code: string
  readonly message: string
  readonly hint?: string
}

/** An error or notice as clients of Postgres know it. */
export function complaint(what: Complaint): Buffer {
  const type = what.severity === 'ERROR' || what.severity === 'FATAL' ? 'E' : 'N'
  const fields = [`S${what.severity}`, `V${what.severity}`, `C${what.code}`, `M${what.message}`]
  const hint = what.hint === undefined ? [] : [`H${what.hint}`]
  return serverMessage(type, ...[...fields, ...hint].map(cString), Buffer.alloc(1))
}
