import { setTimeout as wait } from 'node:timers/promises'
import type {
  handleBidiStreamingCall,
  handleServerStreamingCall,
  handleUnaryCall,
  sendUnaryData,
  ServerDuplexStream,
} from '@grpc/grpc-js'
import type { Faults, Trouble } from './faults.ts'
import { limits } from './limits.ts'
import type { Protocol } from './protocol.ts'
import { invalid, toRefusal } from './status.ts'
import { sendAll } from './stream.ts'

/** Makes handlers of gRPC from functions of messages; `type` is the name of the request's message. */
export interface Handlers {
  readonly unary: <Request>(
    type: string,
    answer: (request: Request) => object | Promise<object>,
  ) => handleUnaryCall<Buffer, object>
  readonly streaming: <Request>(
    type: string,
    answer: (request: Request) => Iterable<object>,
  ) => handleServerStreamingCall<Buffer, object>
  readonly duplex: <Request>(type: string, converse: Converse<Request>) => handleBidiStreamingCall<Buffer, object>
}

export type Converse<Request> = (call: ServerDuplexStream<Buffer, object>, parse: (bytes: Buffer) => Request) => void

export interface HandlerParts {
  readonly protocol: Protocol
  readonly faults: Faults
  /** Cuts the connection of a client. */
  readonly cut: (peer: string) => void
  /** Ends everything as a crash does, and starts again after a while. */
  readonly crash: (awayMillis: number) => Promise<void>
}

export function createHandlers({ protocol, faults, cut, crash }: HandlerParts): Handlers {
  const parse = <Request>(type: string, bytes: Buffer): Request => {
    if (bytes.length > limits.requestBytes) {
      throw invalid(`Request payload size exceeds the limit: ${limits.requestBytes} bytes.`)
    }
    return protocol.decode<Request>(type, bytes)
  }
  const strike = (trouble: Trouble, call: { getPeer(): string }) => (): void =>
    trouble.crash ? void crash(trouble.crash.awayMillis) : cut(call.getPeer())
  const troubleOf = (type: string): Trouble | undefined => faults.next(type.slice(0, -'Request'.length))
  return {
    unary: (type, answer) => (call, reply) => {
      const respond = (send: sendUnaryData<object>): void => {
        const fail = (error: unknown): void => send(toRefusal(error))
        try {
          const answered = answer(parse(type, call.request))
          // What need not wait is answered without a turn of the loop.
          if (answered instanceof Promise) answered.then((message: object) => send(null, message)).catch(fail)
          else send(null, answered)
        } catch (error) {
          fail(error)
        }
      }
      const trouble = troubleOf(type)
      if (trouble) void troubled(trouble, respond, reply, strike(trouble, call))
      else respond(reply)
    },
    streaming: (type, answer) => async (call) => {
      try {
        const trouble = troubleOf(type)
        const refused = trouble?.before ?? trouble?.after
        if (trouble) await wait(trouble.delayMillis)
        if (refused) throw refused
        const messages = answer(parse(type, call.request))
        await sendAll(call, trouble ? cutShort(messages, trouble, strike(trouble, call)) : messages)
      } catch (error) {
        call.emit('error', toRefusal(error))
      }
    },
    duplex:
      <Request>(type: string, converse: Converse<Request>) =>
      (call: ServerDuplexStream<Buffer, object>) => {
        const trouble = troubleOf(type)
        const refused = trouble?.before ?? trouble?.after
        if (refused) return void call.emit('error', refused)
        if (trouble?.resetAfter !== undefined) call.once('data', strike(trouble, call))
        converse(call, (bytes) => parse<Request>(type, bytes))
      },
  }
}

type Respond = (send: sendUnaryData<object>) => void

/** Answers late, with a refusal before or after it was done, or not at all. */
async function troubled(trouble: Trouble, respond: Respond, reply: sendUnaryData<object>, cut: () => void) {
  await wait(trouble.delayMillis)
  if (trouble.before) return reply(trouble.before)
  if (trouble.crash?.isDone === false) return cut()
  respond((error, message) => {
    if (trouble.resetAfter !== undefined) cut()
    else reply(error ?? trouble.after ?? null, message)
  })
}

function* cutShort(messages: Iterable<object>, { resetAfter }: Trouble, cut: () => void): Generator<object> {
  let left = resetAfter
  for (const message of messages) {
    if (left !== undefined && left-- === 0) return cut()
    yield message
  }
}
