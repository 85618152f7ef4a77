import { connect, createServer } from 'node:net'
import type { Socket } from 'node:net'

/** A Postgres server behind a wire on which every statement can be read, and held. */
export interface Tap {
  readonly url: string
  /** The text of every statement that went to the server so far, in order. */
  statements(): readonly string[]
  /** Runs `act` once, before the first statement from now on that matches goes to the server. Resolves afterwards. */
  before(statement: RegExp, act: (text: string) => Promise<void>): Promise<void>
  close(): Promise<void>
}

interface Hook {
  readonly statement: RegExp
  readonly act: (text: string) => Promise<void>
  readonly done: (error?: unknown) => void
}

export async function startTap(url: string): Promise<Tap> {
  const target = new URL(url)
  const seen: string[] = []
  const hooks: Hook[] = []
  const sockets = new Set<Socket>()
  const meet = async (text: string): Promise<void> => {
    seen.push(text)
    const at = hooks.findIndex(({ statement }) => statement.test(text))
    const [hook] = at < 0 ? [] : hooks.splice(at, 1)
    await hook?.act(text).then(() => hook.done(), hook.done)
  }
  const server = createServer((client) => {
    const upstream = connect(Number(target.port), target.hostname)
    for (const socket of [client, upstream]) sockets.add(socket)
    client.on('close', () => upstream.destroy()).on('error', () => upstream.destroy())
    upstream.on('close', () => client.destroy()).on('error', () => client.destroy())
    upstream.pipe(client)
    void forward(client, upstream, meet)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  const tapped = new URL(url)
  tapped.host = `127.0.0.1:${address.port}`
  return {
    url: tapped.href,
    statements: () => [...seen],
    before: (statement, act) =>
      new Promise((resolve, reject) =>
        hooks.push({ statement, act, done: (error) => (error === undefined ? resolve() : reject(error)) }),
      ),
    async close() {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

/** Message by message: the first has no type byte; Q is a statement, P one that gets parameters. */
async function forward(client: Socket, upstream: Socket, meet: (text: string) => Promise<void>): Promise<void> {
  let rest: Buffer = Buffer.alloc(0)
  let head = 0
  try {
    for await (const chunk of client) {
      rest = Buffer.concat([rest, chunk as Buffer])
      while (rest.length >= head + 4 && rest.length >= head + rest.readUInt32BE(head)) {
        const message = rest.subarray(0, head + rest.readUInt32BE(head))
        rest = rest.subarray(message.length)
        const text = head === 0 ? undefined : statementOf(message)
        head = 1
        if (text !== undefined) await meet(text)
        upstream.write(message)
      }
    }
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && /^(ECONNRESET|ERR_STREAM)/.test(String(error.code)))) throw error
  }
  upstream.end()
}

function statementOf(message: Buffer): string | undefined {
  const type = String.fromCharCode(message[0] ?? 0)
  if (type === 'Q') return message.toString('utf8', 5, message.length - 1)
  if (type !== 'P') return undefined
  const name = message.indexOf(0, 5)
  return message.toString('utf8', name + 1, message.indexOf(0, name + 1))
}
