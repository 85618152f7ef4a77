import { connect, createServer } from 'node:net'
import type { Server, Socket } from 'node:net'

export interface Gate {
  /** host:port to use in place of the server's; the same for ever. */
  readonly host: string
  /** Cuts every connection and refuses new ones, as a server that went down. */
  shut(): void
  /** Lets connections through again. */
  open(): Promise<void>
  close(): Promise<void>
}

/** A way to a server that can go down and come back while the server itself stays. */
export async function openGate(target: string): Promise<Gate> {
  const [targetHost = '', targetPort = ''] = target.split(':')
  const sockets = new Set<Socket>()
  const listen = (port: number): Promise<Server> =>
    new Promise((resolve, reject) => {
      const server = createServer((client) => {
        const upstream = connect(Number(targetPort), targetHost)
        for (const [one, other] of [[client, upstream] as const, [upstream, client] as const]) {
          sockets.add(one)
          one
            .on('error', () => other.destroy())
            .on('close', () => {
              sockets.delete(one)
              other.destroy()
            })
          one.pipe(other)
        }
      })
      server.once('error', reject)
      server.listen(port, '127.0.0.1', () => resolve(server))
    })
  let server = await listen(0)
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  const shut = (): void => {
    server.close()
    for (const socket of sockets) socket.destroy()
  }
  return {
    host: `127.0.0.1:${address.port}`,
    shut,
    async open() {
      server = await listen(address.port)
    },
    async close() {
      if (!server.listening) return
      shut()
    },
  }
}
