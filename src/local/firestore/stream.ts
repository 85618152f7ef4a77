import type { ServerWritableStream } from '@grpc/grpc-js'

/** Sends messages as fast as the client takes them: nothing is made ahead of what the connection can hold. */
export async function sendAll(call: ServerWritableStream<Buffer, object>, messages: Iterable<object>): Promise<void> {
  for (const message of messages) {
    if (call.cancelled) return
    if (!call.write(message)) await writable(call)
  }
  if (!call.cancelled) call.end()
}

/** Until the stream takes more or has gone. */
function writable(call: ServerWritableStream<Buffer, object>): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      for (const event of events) call.off(event, done)
      resolve()
    }
    for (const event of events) call.once(event, done)
  })
}

const events = ['drain', 'cancelled', 'close', 'error'] as const
