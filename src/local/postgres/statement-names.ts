import type { ClientMessage } from '../../stores/pglite/message-reader.ts'
import { serverMessage } from '../../stores/pglite/server-messages.ts'

/** What a message of the extended protocol says about a prepared statement. */
export interface StatementUse {
  readonly kind: 'parse' | 'use' | 'close'
  /** As the client calls it; empty is the unnamed one. */
  readonly name: string
  /** The text of a Parse. */
  readonly sql?: string
  /** Gives the message with another name in it. */
  rename(name: string): Buffer
}

/** `undefined` for messages that name no statement (Execute, Sync, portals) or that are malformed. */
export function readStatementUse({ type, bytes }: ClientMessage): StatementUse | undefined {
  switch (type) {
    case 'P': {
      const [start, end] = textAt(bytes, 5)
      const [from, to] = textAt(bytes, end + 1)
      return to < 0 ? undefined : { ...use('parse', bytes, start, end), sql: bytes.toString('utf8', from, to) }
    }
    case 'B': {
      const [, portalEnd] = textAt(bytes, 5)
      const [start, end] = textAt(bytes, portalEnd + 1)
      return end < 0 ? undefined : use('use', bytes, start, end)
    }
    case 'D':
    case 'C': {
      if (bytes[5] !== 'S'.charCodeAt(0)) return undefined
      const [start, end] = textAt(bytes, 6)
      return end < 0 ? undefined : use(type === 'D' ? 'use' : 'close', bytes, start, end)
    }
    default:
      return undefined
  }
}

function use(kind: StatementUse['kind'], bytes: Buffer, start: number, end: number): StatementUse {
  return {
    kind,
    name: bytes.toString('utf8', start, end),
    rename: (name) =>
      serverMessage(
        String.fromCharCode(bytes[0] ?? 0),
        bytes.subarray(5, start),
        Buffer.from(name),
        bytes.subarray(end),
      ),
  }
}

function textAt(bytes: Buffer, start: number): readonly [number, number] {
  return [start, start === 0 ? -1 : bytes.indexOf(0, start)]
}
