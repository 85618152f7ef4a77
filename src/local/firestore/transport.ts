import type { Server as HttpServer } from 'node:http'
import { createServer } from 'node:net'
import type { Server as NetServer, Socket } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'
import { ServerCredentials } from '@grpc/grpc-js'
import type { Server } from '@grpc/grpc-js'
import { LockstepError } from '../../kernel/errors.ts'

/** One port of 127.0.0.1 on which gRPC and plain HTTP are served. */
export interface Transport {
  readonly port: number
  /** Cuts the connection of a client, given as gRPC names it, without saying goodbye. */
  reset(peer: string): void
  /** Cuts every connection and takes none for so long, as a server that crashes and is started again. */
  goAway(millis: number): Promise<void>
  stopListening(): void
  /** Ends what is still connected. */
  close(): void
}

/** What an HTTP/2 client says first. */
const preface = 'PRI '

/** Listens; a connection that does not begin as HTTP/2 does goes to the plain server. LS-3008 when the port is taken. */
export async function openTransport(server: Server, plain: HttpServer, port: number): Promise<Transport> {
  const injector = server.createConnectionInjector(ServerCredentials.createInsecure())
  const sockets = new Map<string, Socket>()
  const net = createServer((socket) => {
    const peer = `${socket.remoteAddress}:${socket.remotePort}`
    sockets.set(peer, socket)
    socket.once('close', () => sockets.delete(peer))
    // Before a protocol has taken it over, nobody else hears of its failure; after that, this one more listener does no harm.
    socket.on('error', () => socket.destroy())
    socket.once('data', (first) => {
      socket.pause()
      socket.unshift(first)
      // HTTP/2 reads by itself what was put back; a plain server waits for the flow.
      if (first.toString('latin1', 0, preface.length) === preface) return injector.injectConnection(socket)
      plain.emit('connection', socket)
      socket.resume()
    })
  })
  const cutAll = (): void => {
    for (const socket of sockets.values()) socket.destroy()
  }
  const taken = await listen(net, port)
  let isOver = false
  let away: Promise<void> | undefined
  const comeBack = async (millis: number): Promise<void> => {
    await wait(millis)
    away = undefined
    if (!isOver) await listen(net, taken)
  }
  return {
    port: taken,
    reset: (peer) => void sockets.get(peer)?.resetAndDestroy(),
    goAway: (millis) => {
      net.close()
      cutAll()
      away ??= comeBack(millis)
      return away
    },
    stopListening: () => {
      isOver = true
      net.close()
    },
    close: cutAll,
  }
}

function listen(net: NetServer, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const refused = (cause: Error): void =>
      reject(
        new LockstepError('LS-3008', `The local Firestore cannot listen on 127.0.0.1:${port}.`, {
          cause,
          hint: 'Choose another port.',
        }),
      )
    net.once('error', refused)
    net.listen(port, '127.0.0.1', () => {
      net.off('error', refused)
      const address = net.address()
      resolve(typeof address === 'object' && address ? address.port : port)
    })
  })
}
