import { spawn } from 'node:child_process'
import { connect, createServer, type AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

/** A server in a process of its own. `stop` resolves when it is gone, and with it a folder that was its alone. */
export interface GuardedProcess {
  /** What the process wrote until now, the last 20,000 characters. */
  readonly output: () => string
  readonly ended: () => boolean
  readonly stop: () => Promise<void>
}

interface GuardedCommand {
  readonly command: readonly string[]
  /** Where it runs; removed once it has ended, unless that is `kept`. */
  readonly folder: string
  readonly kept?: boolean
  /** How the process is asked to end. */
  readonly signal: 'INT' | 'TERM'
  readonly user?: { readonly uid: number; readonly gid: number }
}

/**
 * The guard waits for the end of its standard input, which comes when this process closes it or ends in any way, kill -9
 * included; then it ends the server and removes the folder. It ends by itself when the server does. It is silent, since a
 * word to a dead parent would kill it before it has removed the folder.
 */
const guard = `
folder=$1 signal=$2 kept=$3
shift 3
"$@" </dev/null &
server=$!
exec 3<&0 >/dev/null 2>&1
(cat <&3 >/dev/null; kill -s "$signal" "$server") &
watcher=$!
exec 3<&- 0</dev/null
wait "$server"
kill "$watcher"
[ "$kept" = kept ] || rm -rf "$folder"
`

/** Starts a server that cannot outlive this process. */
export function startGuarded({ command, folder, kept, signal, user }: GuardedCommand): GuardedProcess {
  const child = spawn('/bin/sh', ['-c', guard, 'guard', folder, signal, kept === true ? 'kept' : '', ...command], {
    cwd: folder,
    detached: true,
    stdio: ['pipe', 'pipe', 'pipe'],
    ...user,
  })
  let [text, over] = ['', false]
  const collect = (chunk: Buffer): void => {
    text = (text + chunk.toString()).slice(-20_000)
  }
  child.stdout.on('data', collect)
  child.stderr.on('data', collect)
  const closed = new Promise<void>((resolve) => {
    child.once('close', () => {
      over = true
      resolve()
    })
  })
  const stop = async (): Promise<void> => {
    child.stdin.end()
    await closed
  }
  return { output: () => text, ended: () => over, stop }
}

/** A TCP port of the loopback address that nobody listens on now. */
export async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    socket.once('connect', () => socket.end(() => resolve(true)))
    socket.once('error', () => resolve(false))
  })
}

/** Resolves when `server` accepts connections on `port`; throws what it wrote when it ends or a minute passes first. */
export async function untilListening(server: GuardedProcess, port: number): Promise<void> {
  for (let tries = 0; tries < 600; tries += 1) {
    if (await answers(port)) return
    if (server.ended()) break
    await sleep(100)
  }
  await server.stop()
  throw new Error(`the server did not start:\n${server.output()}`)
}
