import type { PGlite } from '@electric-sql/pglite'
import { cString, int32, serverMessage } from '../../stores/pglite/server-messages.ts'
import { createResponseFilter } from './response-filter.ts'

/** Someone who uses PGlite's one session in turn with others. */
export interface Owner {
  /** Takes its traces (settings, currval) out of the session, before someone else uses it. */
  leave(): Promise<void>
}

/** The one session of a PGlite, handed from owner to owner; code in this process that uses `db` is one of them. */
export interface Engine {
  /** Waits for the session, first come first served; resolves with the function that gives it back. */
  acquire(owner: Owner): Promise<() => void>
  /** How many wait for the session now. */
  waiting(): number
  /** Called whenever someone begins to wait, until the returned function is called. */
  onWait(listener: () => void): () => void
  /** Sends whole messages; only the owner may. */
  run(messages: Buffer, onData: (data: Uint8Array) => void): Promise<void>
  /** Runs one or more statements as text; only the owner may. Throws the server's complaint. */
  ask(sql: string): Promise<readonly (readonly (string | null)[])[]>
  /** Names of prepared statements that exist in the session. */
  readonly statements: Set<string>
  /** Gives PGlite back as it was. */
  detach(): void
}

/**
 * Serialises everybody on PGlite's own transaction lock, which its `query`, `exec` and `transaction` take as well.
 * That lock is not to be seen from outside, so the method that takes it is wrapped: to count who waits, and to clean
 * the session up before in-process code uses it.
 */
export function createEngine(db: PGlite): Engine {
  const exclusively = db._runExclusiveTransaction.bind(db)
  const listeners = new Set<() => void>()
  let waiting = 0
  let last: Owner | undefined

  const inTurn = <T>(next: Owner | undefined, work: () => Promise<T>): Promise<T> => {
    waiting += 1
    const turn = exclusively(async () => {
      waiting -= 1
      const former = last
      last = next
      if (former !== undefined && former !== next) await former.leave()
      return work()
    })
    listeners.forEach((listener) => listener())
    return turn
  }
  db._runExclusiveTransaction = (work) => inTurn(undefined, work)

  const run = (messages: Buffer, onRawData: (data: Uint8Array) => void): Promise<void> =>
    db.runExclusive(() => db.execProtocolRawStream(messages, { onRawData }))

  return {
    acquire: (owner) =>
      new Promise((resolve, reject) => {
        inTurn(owner, () => new Promise<void>((release) => resolve(release))).catch(reject)
      }),
    waiting: () => waiting,
    onWait(listener) {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    run,
    ask: (sql) => askWith(run, serverMessage('Q', cString(sql))),
    statements: new Set(),
    detach() {
      db._runExclusiveTransaction = exclusively
      listeners.clear()
    },
  }
}

/** Sends messages and gathers the rows of the answer. */
export async function askWith(run: Engine['run'], messages: Buffer): Promise<readonly (readonly (string | null)[])[]> {
  const rows: (string | null)[][] = []
  let complaint: Buffer | undefined
  const row = (message: Buffer): 'drop' => {
    rows.push(parseRow(message))
    return 'drop'
  }
  const error = (message: Buffer): 'drop' => {
    complaint ??= message
    return 'drop'
  }
  const filter = createResponseFilter({ D: row, E: error }, () => undefined)
  await run(messages, (data) => filter.push(data))
  if (complaint !== undefined) throw new ServerComplaint(complaint)
  return rows
}

/** An ErrorResponse of PGlite, as it came. */
export class ServerComplaint extends Error {
  override readonly name = 'ServerComplaint'
  readonly response: Buffer
  constructor(response: Buffer) {
    super(fieldOf(response, 'M'))
    this.response = response
  }
}

/** One field of an ErrorResponse: `C` is the SQLSTATE, `M` the message. */
export function fieldOf(response: Buffer, field: string): string {
  const fields = response.toString('utf8', 5).split('\0')
  return fields.find((text) => text.startsWith(field))?.slice(1) ?? ''
}

function parseRow(message: Buffer): (string | null)[] {
  const values: (string | null)[] = []
  let at = 7
  for (let column = message.readInt16BE(5); column > 0; column--) {
    const length = message.readInt32BE(at)
    at += 4
    values.push(length === -1 ? null : message.toString('utf8', at, at + length))
    if (length > 0) at += length
  }
  return values
}

/** A Bind, Execute and Sync that run a prepared statement without parameters. */
export function executePrepared(name: string): Buffer {
  const none = Buffer.alloc(2)
  const bind = serverMessage('B', cString(''), cString(name), none, none, none)
  return Buffer.concat([bind, serverMessage('E', cString(''), int32(0)), serverMessage('S')])
}
