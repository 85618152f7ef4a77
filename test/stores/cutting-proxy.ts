import { connect, createServer, type Socket } from 'node:net'

export interface CuttingProxy {
  /** host:port to use in place of the server's. */
  readonly host: string
  /** Connections cut so far. */
  cuts(): number
  /** From now on each connection is cut after the server has sent that many bytes; Infinity never cuts. */
  cutAfter(bytes: number): void
  /** The connection on which the server sends the nth piece from now is cut in the middle of that; Infinity cuts none. */
  cutIn(pieces: number): void
  stop(): Promise<void>
}

/** A TCP proxy that breaks connections in the middle of what the server is sending. */
export async function startCuttingProxy(target: string): Promise<CuttingProxy> {
  const [host = '127.0.0.1', port = ''] = target.split(':')
  const sockets = new Set<Socket>()
  let cuts = 0
  let limit = Number.POSITIVE_INFINITY
  let pieces = Number.POSITIVE_INFINITY
  const server = createServer((client) => {
    const upstream = connect(Number(port), host)
    let sent = 0
    const cut = () => {
      client.destroy()
      upstream.destroy()
    }
    for (const socket of [client, upstream]) {
      sockets.add(socket)
      socket.on('error', cut).on('close', () => {
        sockets.delete(socket)
        cut()
      })
    }
    client.pipe(upstream)
    upstream.on('data', (chunk: Buffer) => {
      const isCut = --pieces === 0
      client.write(chunk.subarray(0, isCut ? chunk.length >> 1 : Math.max(0, limit - sent)))
      sent += chunk.length
      if ((sent < limit && !isCut) || client.destroyed) return
      cuts++
      cut()
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  return {
    host: `127.0.0.1:${address.port}`,
    cuts: () => cuts,
    cutAfter: (bytes) => {
      limit = bytes
    },
    cutIn: (count) => {
      pieces = count
    },
    stop: async () => {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
