import type { Socket } from 'node:net'
import { MessageLengthError, createMessageReader } from '../../stores/pglite/message-reader.ts'
import type { MessageReader } from '../../stores/pglite/message-reader.ts'
import {
  authenticationOk,
  complaint,
  int32,
  readyForQuery,
  serverMessage,
} from '../../stores/pglite/server-messages.ts'
import type { Complaint } from '../../stores/pglite/server-messages.ts'
import { ProtocolError, createBatchReader } from './batch-reader.ts'
import { createClientSession } from './client-session.ts'
import type { ClientSession } from './client-session.ts'
import { ServerComplaint, fieldOf } from './engine.ts'
import type { Engine } from './engine.ts'
import { createIdleClock } from './idle-clock.ts'
import type { IdleClock } from './idle-clock.ts'
import type { Baseline } from './session-state.ts'
import { negotiateVersion, parseOpening, startupSettings } from './startup.ts'

export interface ConnectionContext {
  readonly id: number
  readonly engine: Engine
  readonly baseline: Baseline
  /** Milliseconds a client may hold the session without using it, while others wait. */
  readonly idleLimit: number
}

export interface ClientConnection {
  /** Ends the connection with a reason the client can read; resolves when every trace is gone. */
  end(reason: Complaint): Promise<void>
  /** Resolves when the client has gone and every trace of it. */
  readonly gone: Promise<void>
}

interface Line {
  readonly context: ConnectionContext
  readonly socket: Socket
  readonly reader: MessageReader
  readonly batches: ReturnType<typeof createBatchReader>
  readonly session: ClientSession
  readonly clock: IdleClock
  readonly send: (bytes: Buffer) => void
  loggedIn: boolean
  closing: Promise<void> | undefined
}

/** Serves one client over its socket until either side ends it. */
export function createClientConnection(socket: Socket, context: ConnectionContext): ClientConnection {
  const session = createClientSession(context.id, context.engine, context.baseline)
  const reader = createMessageReader()
  let working = Promise.resolve()
  let tellGone = (): void => undefined
  const gone = new Promise<void>((resolve) => (tellGone = resolve))

  const finish = (reason?: Complaint): Promise<void> => {
    line.closing ??= hangUp(line, reason, working).then(tellGone)
    return line.closing
  }
  const clock = createIdleClock({
    engine: context.engine,
    limit: context.idleLimit,
    held: session.holds,
    expired: (held) => void finish(idleComplaint(held, context.idleLimit)),
  })
  const send = (bytes: Buffer): void => void (socket.writable && socket.write(bytes))
  const batches = createBatchReader(reader)
  const line: Line = { context, socket, reader, batches, session, clock, send, loggedIn: false, closing: undefined }

  socket.setNoDelay(true)
  socket.on('data', (chunk: Buffer) => {
    reader.append(chunk)
    working = working
      .then(() => converse(line))
      .then(
        (over) => void (over && finish()),
        (error: unknown) => void finish(fatal(error)),
      )
  })
  socket.on('error', () => socket.destroy())
  socket.on('close', () => void finish())
  socket.on('end', () => void finish())
  return { end: finish, gone }
}

/** Answers all that has come; true when the client said goodbye. */
async function converse(line: Line): Promise<boolean> {
  while (line.closing === undefined && !line.loggedIn) {
    const opening = line.reader.untyped()
    if (opening === undefined) return false
    if (await answerOpening(line, opening)) return true
  }
  while (line.closing === undefined) {
    const next = line.batches.next()
    switch (next.kind) {
      case 'incomplete':
        return false
      case 'goodbye':
        return true
      case 'copy':
        // Text, and as yet unknown columns; clients look at neither.
        line.send(serverMessage('G', Buffer.alloc(3)))
        break
      case 'batch':
        line.clock.stop()
        await line.session.execute(next.messages, line.send)
        if (line.socket.writableNeedDrain) await drained(line.socket)
        if (line.closing === undefined) line.clock.start()
    }
  }
  return false
}

/** Answers what comes before the login; true when the connection has served its purpose. */
async function answerOpening(line: Line, bytes: Buffer): Promise<boolean> {
  const opening = parseOpening(bytes)
  switch (opening.kind) {
    case 'encryption':
      line.send(Buffer.from('N'))
      return false
    case 'cancel':
      // A statement runs to its end before we can read anything, so there is never one to cancel.
      return true
    case 'unknown':
      throw new ProtocolError('this is not the Postgres protocol, version 3')
    case 'startup':
      await login(line, opening.parameters, opening.minor)
      line.loggedIn = true
      return false
  }
}

async function login(line: Line, parameters: ReadonlyMap<string, string>, minor: number): Promise<void> {
  const { database } = line.context.baseline
  const wanted = parameters.get('database') ?? parameters.get('user') ?? database
  if (wanted !== database) throw new MissingDatabase(wanted, database)
  const reports = await line.session.login(startupSettings(parameters))
  if (minor > 0) line.send(negotiateVersion(parameters))
  const key = serverMessage('K', int32(line.context.id), int32(0))
  for (const bytes of [authenticationOk, ...reports, key, readyForQuery('I')]) line.send(bytes)
}

async function hangUp(line: Line, reason: Complaint | undefined, working: Promise<void>): Promise<void> {
  line.clock.dispose()
  if (reason !== undefined) line.send(complaint(reason))
  line.socket.end()
  await working
  try {
    await line.session.end()
  } catch {
    // PGlite itself has ended: nothing of the client is left to remove.
  }
  line.socket.destroy()
}

class MissingDatabase extends Error {
  override readonly name = 'MissingDatabase'
  readonly only: string
  constructor(wanted: string, only: string) {
    super(`database "${wanted}" does not exist`)
    this.only = only
  }
}

function idleComplaint(held: string, limit: number): Complaint {
  return {
    severity: 'FATAL',
    code: '25P03',
    message: `terminating connection: it held ${held} for more than ${limit / 1000} s without using it while others waited`,
    hint: 'this local server has one session; commit or roll back sooner, or use a Postgres server',
  }
}

function fatal(error: unknown): Complaint {
  const message = error instanceof Error ? error.message : String(error)
  if (error instanceof ProtocolError || error instanceof MessageLengthError)
    return { severity: 'FATAL', code: '08P01', message }
  if (error instanceof ServerComplaint) return { severity: 'FATAL', code: fieldOf(error.response, 'C'), message }
  if (error instanceof MissingDatabase) {
    return { severity: 'FATAL', code: '3D000', message, hint: `this local server has one database, "${error.only}"` }
  }
  return { severity: 'FATAL', code: '58000', message: `PGlite cannot go on: ${message}` }
}

function drained(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    socket.once('drain', resolve)
    socket.once('close', resolve)
  })
}
