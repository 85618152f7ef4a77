import type { ServerDuplexStream, ServerWritableStream } from '@grpc/grpc-js'

/** A call that answers with messages. */
export type Outlet = ServerWritableStream<Buffer, object> | ServerDuplexStream<Buffer, object>

/** Sends messages as fast as the client takes them: nothing is made ahead of what the connection can hold. */
export async function sendAll(call: Outlet, messages: Iterable<object>): Promise<void> {
  await sendPart(call, messages)
  if (!call.cancelled) call.end()
}

/** The same, and leaves the call open. Up to the first message that does not fit, all are sent before this returns. */
export async function sendPart(call: Outlet, messages: Iterable<object>): Promise<void> {
  for (const message of messages) {
    if (call.cancelled || call.destroyed) return
    if (!call.write(message)) await writable(call)
  }
}

/** Until the stream takes more or has gone. */
function writable(call: Outlet): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      for (const event of events) call.off(event, done)
      resolve()
    }
    for (const event of events) call.once(event, done)
  })
}

const events = ['drain', 'cancelled', 'close', 'error'] as const
