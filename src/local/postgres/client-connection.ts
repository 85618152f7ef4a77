import type { Socket } from 'node:net'
import { findCopy } from '../../stores/pglite/copy-statement.ts'
import { MessageLengthError, createMessageReader } from '../../stores/pglite/message-reader.ts'
import type { ClientMessage } from '../../stores/pglite/message-reader.ts'
import { authenticationOk, complaint, int32, readyForQuery, serverMessage } from '../../stores/pglite/server-messages.ts'
import type { Complaint } from '../../stores/pglite/server-messages.ts'
import { createClientSession } from './client-session.ts'
import { ServerComplaint, fieldOf } from './engine.ts'
import type { Engine } from './engine.ts'
import type { Baseline } from './session-state.ts'
import { negotiateVersion, parseOpening, startupSettings } from './startup.ts'
import type { Opening } from './startup.ts'

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

/** A mistake in the protocol, or anything else after which a connection cannot go on. */
class FatalComplaint extends Error {
  override readonly name = 'FatalComplaint'
  readonly complaint: Complaint
  constructor(code: string, message: string, hint?: string) {
    super(message)
    this.complaint = { severity: 'FATAL', code, message, ...(hint === undefined ? {} : { hint }) }
  }
}

/** Serves one client over its socket until either side ends it. */
export function createClientConnection(socket: Socket, context: ConnectionContext): ClientConnection {
  const { engine, idleLimit } = context
  const session = createClientSession(context.id, engine, context.baseline)
  const reader = createMessageReader()
  let open = false
  let working: Promise<void> | undefined
  let closing: Promise<void> | undefined
  let idleSince: number | undefined
  let timer: NodeJS.Timeout | undefined
  let batch: ClientMessage[] = []
  let copying = false
  let tellGone: () => void
  const gone = new Promise<void>((resolve) => (tellGone = resolve))

  const send = (bytes: Buffer): void => void (socket.writable && socket.write(bytes))

  const work = async (): Promise<void> => {
    try {
      while (closing === undefined && !open) {
        const opening = reader.untyped()
        if (opening === undefined) return
        open = await answerOpening(parseOpening(opening))
      }
      for (let next = nextBatch(); next !== undefined && closing === undefined; next = nextBatch()) {
        stopClock()
        await session.execute(next, send)
        if (socket.writableNeedDrain) await drained(socket)
        startClock()
      }
    } catch (error) {
      void finish(fatal(error))
    }
  }

  const answerOpening = async (opening: Opening): Promise<boolean> => {
    switch (opening.kind) {
      case 'encryption':
        send(Buffer.from('N'))
        return false
      case 'cancel':
        // A statement runs to its end before we can read anything, so there is never one to cancel.
        socket.end()
        return false
      case 'unknown':
        throw new FatalComplaint('08P01', 'this is not the Postgres protocol, version 3')
      case 'startup':
        await login(opening.parameters, opening.minor)
        return true
    }
  }
  const login = async (parameters: ReadonlyMap<string, string>, minor: number): Promise<void> => {
    const { database } = context.baseline
    const wanted = parameters.get('database') ?? parameters.get('user') ?? database
    if (wanted !== database) {
      throw new FatalComplaint('3D000', `database "${wanted}" does not exist`, `this local server has one, "${database}"`)
    }
    const reports = await session.login(startupSettings(parameters))
    if (minor > 0) send(negotiateVersion(parameters))
    const key = serverMessage('K', int32(context.id), int32(0))
    for (const bytes of [authenticationOk, ...reports, key, readyForQuery('I')]) send(bytes)
  }

  const nextBatch = (): readonly ClientMessage[] | undefined => {
    for (let message = reader.next(); message !== undefined; message = reader.next()) {
      if (message.type === 'X') {
        void finish(undefined)
        return undefined
      }
      const complete = copying ? addToCopy(message) : addToBatch(message)
      if (!complete) continue
      const whole = batch
      batch = []
      copying = false
      return whole
    }
    return undefined
  }
  const addToBatch = (message: ClientMessage): boolean => {
    // Rests of a COPY that failed before its data had come; the protocol says to ignore them.
    if ('dcf'.includes(message.type)) return false
    if (!'PBDECHSQF'.includes(message.type)) throw new FatalComplaint('08P01', `invalid frontend message type ${message.bytes[0]}`)
    batch.push(message)
    if (message.type === 'Q' && batch.length === 1 && isLoneCopy(message)) {
      copying = true
      send(serverMessage('G', Buffer.alloc(3)))
      return false
    }
    return 'SQHF'.includes(message.type)
  }
  const addToCopy = (message: ClientMessage): boolean => {
    if ('HS'.includes(message.type)) return false
    if (!'dcf'.includes(message.type)) throw new FatalComplaint('08P01', 'unexpected message type during COPY from stdin')
    batch.push(message)
    return message.type !== 'd'
  }

  const stopClock = (): void => {
    idleSince = undefined
    clearTimeout(timer)
  }
  const startClock = (): void => {
    if (session.holds() === undefined || closing !== undefined) return
    idleSince = Date.now()
    checkClock()
  }
  const checkClock = (): void => {
    const held = session.holds()
    if (idleSince === undefined || held === undefined || engine.waiting() === 0) return
    const left = idleSince + idleLimit - Date.now()
    if (left > 0) {
      clearTimeout(timer)
      timer = setTimeout(checkClock, left)
      return
    }
    const complaint = new FatalComplaint(
      '25P03',
      `terminating connection: it held ${held} for more than ${idleLimit / 1000} s without using it while others waited`,
      'this local server has one session; commit or roll back sooner, or use a Postgres server',
    )
    void finish(complaint.complaint)
  }
  const stopWatching = engine.onWait(checkClock)

  const finish = (reason: Complaint | undefined): Promise<void> => {
    closing ??= (async () => {
      stopClock()
      stopWatching()
      if (reason !== undefined) send(complaint(reason))
      socket.end()
      await working
      try {
        await session.end()
      } catch {
        // PGlite itself has ended: nothing of the client is left to remove.
      }
      socket.destroy()
      tellGone()
    })()
    return closing
  }

  socket.setNoDelay(true)
  socket.on('data', (chunk: Buffer) => {
    reader.append(chunk)
    const before = working
    working = before === undefined ? work() : before.then(work)
    const mine = working
    void mine.then(() => {
      if (working === mine) working = undefined
    })
  })
  socket.on('error', () => socket.destroy())
  socket.on('close', () => void finish(undefined))
  socket.on('end', () => void finish(undefined))
  return { end: finish, gone }
}

function isLoneCopy({ bytes }: ClientMessage): boolean {
  const copy = findCopy(bytes.toString('utf8', 5, bytes.length - 1))
  return copy.fromStdin && copy.statements === 1
}

function fatal(error: unknown): Complaint {
  if (error instanceof FatalComplaint) return error.complaint
  if (error instanceof MessageLengthError) return { severity: 'FATAL', code: '08P01', message: error.message }
  if (error instanceof ServerComplaint) {
    return { severity: 'FATAL', code: fieldOf(error.response, 'C'), message: error.message }
  }
  const message = error instanceof Error ? error.message : String(error)
  return { severity: 'FATAL', code: '58000', message: `PGlite cannot go on: ${message}` }
}

function drained(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    socket.once('drain', resolve)
    socket.once('close', resolve)
  })
}
