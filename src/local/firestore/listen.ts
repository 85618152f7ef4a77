import { status } from '@grpc/grpc-js'
import type { ServerDuplexStream } from '@grpc/grpc-js'
import type { Databases } from './databases.ts'
import type { CheckIndexes } from './indexes.ts'
import { createListener } from './listener.ts'
import type { Listener } from './listener.ts'
import type { ListenRequest } from './requests.ts'
import { invalid, refusal, toRefusal } from './status.ts'
import { sendPart } from './stream.ts'

/** A client resets a stream on which nothing came for two minutes. */
const heartbeatMillis = 30_000

export interface ListenParts {
  readonly databases: Databases
  readonly checkIndexes: CheckIndexes
  readonly closing: AbortSignal
}

/**
 * Answers one Listen call: each request is taken in order, and after each commit the changes of its targets are sent,
 * those of several commits together when the client reads slowly.
 */
export function listen(
  call: ServerDuplexStream<Buffer, object>,
  parse: (bytes: Buffer) => ListenRequest,
  { databases, checkIndexes, closing }: ListenParts,
): void {
  let listener: Listener | undefined
  const fail = (error: unknown): void => {
    close()
    call.emit('error', toRefusal(error))
  }
  const pump = createPump(call, () => listener)
  const send = (): void => void pump().catch(fail)
  const heart = setInterval(() => {
    listener?.beat()
    send()
  }, heartbeatMillis)
  heart.unref()
  call.on('data', (bytes: Buffer) => {
    try {
      const request = parse(bytes)
      if (request.database === '') throw invalid('A request to listen must name its database.')
      listener ??= createListener(databases.of(request.database), checkIndexes, send)
      listener.take(request)
      send()
    } catch (error) {
      fail(error)
    }
  })
  const hangUp = (): void => fail(refusal(status.UNAVAILABLE, 'The server is shutting down.'))
  const close = (): void => {
    clearInterval(heart)
    closing.removeEventListener('abort', hangUp)
    listener?.close()
  }
  closing.addEventListener('abort', hangUp)
  call.on('end', () => {
    close()
    call.end()
  })
  call.on('cancelled', close)
  call.on('close', close)
}

/** Sends the news until there are none; a call while it is sending adds nothing. */
function createPump(call: ServerDuplexStream<Buffer, object>, listener: () => Listener | undefined) {
  let isSending = false
  return async (): Promise<void> => {
    if (isSending) return
    isSending = true
    try {
      for (let now = listener(); now?.hasNews() === true; now = listener()) await sendPart(call, now.news())
    } finally {
      isSending = false
    }
  }
}
