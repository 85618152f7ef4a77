import { chownSync, existsSync, mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort, startGuarded, untilListening } from '../../src/local/guarded-process.ts'

const paths = ['/usr/sbin/pgbouncer', '/usr/bin/pgbouncer', '/usr/local/bin/pgbouncer']

/** The program, where it is installed. */
export function findBouncer(): string | undefined {
  return paths.find((path) => existsSync(path))
}

/** PgBouncer before a real server; undefined where it is not installed. */
export async function startBouncer(
  target: string,
  mode: 'transaction' | 'session',
): Promise<{ readonly url: string; stop(): Promise<void> } | undefined> {
  const program = findBouncer()
  if (program === undefined) return undefined
  const { hostname, port: targetPort, pathname, password } = new URL(target)
  const folder = mkdtempSync(join(tmpdir(), 'lockstep-bouncer-'))
  const port = await freePort()
  const lines = [
    '[databases]',
    `${pathname.slice(1)} = host=${hostname} port=${targetPort} user=postgres password=${decodeURIComponent(password)}`,
    '[pgbouncer]',
    'listen_addr = 127.0.0.1',
    `listen_port = ${port}`,
    'auth_type = any',
    `pool_mode = ${mode}`,
    'unix_socket_dir =',
    'default_pool_size = 5',
  ]
  writeFileSync(join(folder, 'bouncer.ini'), `${lines.join('\n')}\n`)
  const user = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : undefined
  if (user !== undefined) chownSync(folder, user.uid, user.gid)
  const server = startGuarded({
    command: [program, join(folder, 'bouncer.ini')],
    folder,
    signal: 'INT',
    ...(user && { user }),
  })
  await untilListening(server, port)
  return { url: `postgres://postgres@127.0.0.1:${port}${pathname}`, stop: server.stop }
}
