import { readFileSync } from 'node:fs'
import type { ConnectionOptions } from 'node:tls'
import { LockstepError } from '../../kernel/errors.ts'

/** Where and how to connect, read from a `postgres://` URL. `host` starting with `/` is a Unix socket folder. */
export interface PostgresAddress {
  readonly host: string
  readonly port: number
  readonly database: string
  readonly user: string
  readonly password: string | undefined
  /** `false` is plaintext. */
  readonly ssl: false | ConnectionOptions
  /** The `options` parameter of libpq, e.g. `-c search_path=app`. */
  readonly options: string | undefined
}

const sslModes = ['disable', 'allow', 'prefer', 'require', 'verify-ca', 'verify-full', 'no-verify'] as const
type SslMode = (typeof sslModes)[number]

/**
 * Reads a connection URL. Plaintext only to this machine or when `sslmode=disable` says so; any other host gets TLS
 * with the certificate and the host name verified. Throws LS-1007, never showing the password.
 */
export function parseConnectionUrl(text: string): PostgresAddress {
  const url = parseUrl(text)
  const parameter = (name: string): string | undefined => url.searchParams.get(name) ?? undefined
  const host = parameter('host') ?? (unescape(url.hostname.replace(/^\[|\]$/g, '')) || '127.0.0.1')
  const user = unescape(url.username) || parameter('user') || 'postgres'
  const password = unescape(url.password) || parameter('password')
  return {
    host,
    port: parsePort(url.port || parameter('port') || '5432'),
    database: unescape(url.pathname.slice(1)) || parameter('dbname') || user,
    user,
    password: password === '' ? undefined : password,
    ssl: chooseSsl(host, parameter('sslmode'), parameter('sslrootcert')),
    options: parameter('options'),
  }
}

/** True for this machine: 127.0.0.0/8, ::1, localhost and Unix sockets. */
export function isLoopback(host: string): boolean {
  return host.startsWith('/') || host === 'localhost' || host === '::1' || /^127\.\d+\.\d+\.\d+$/.test(host)
}

/** The address as people write it, for messages: never with the password. */
export function renderAddress(address: Pick<PostgresAddress, 'host' | 'port' | 'database'>): string {
  const host = address.host.includes(':') ? `[${address.host}]` : address.host
  return `${host}:${address.port}/${address.database}`
}

function parseUrl(text: string): URL {
  // libpq allows an empty host after a user, `postgres://ada@/shop?host=/run/postgresql`; the URL standard does not.
  const full = text.replace(/^(postgres(?:ql)?:\/\/[^/@]*@)(?=[/?]|$)/, '$1127.0.0.1')
  const url = URL.canParse(full) ? new URL(full) : undefined
  if (url === undefined || !['postgres:', 'postgresql:'].includes(url.protocol)) {
    throw new LockstepError('LS-1007', 'the Postgres connection URL cannot be read', {
      hint: 'write it as postgres://USER:PASSWORD@HOST:5432/DATABASE; escape special characters of the password as %XX',
    })
  }
  return url
}

function unescape(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch (cause) {
    throw new LockstepError('LS-1007', 'the Postgres connection URL has a percent sign that escapes nothing', {
      hint: 'write % itself as %25',
      cause,
    })
  }
}

function parsePort(text: string): number {
  const port = Number(text)
  if (Number.isInteger(port) && port > 0 && port < 65536) return port
  throw new LockstepError('LS-1007', 'the Postgres connection URL has a port that is not a number from 1 to 65535')
}

function chooseSsl(
  host: string,
  mode: string | undefined,
  rootCertificate: string | undefined,
): PostgresAddress['ssl'] {
  if (host.startsWith('/')) return false
  switch (parseSslMode(mode)) {
    case 'disable':
      return false
    case undefined:
    case 'allow':
    case 'prefer':
      return isLoopback(host) ? false : verified(rootCertificate)
    case 'require':
    case 'verify-full':
      return verified(rootCertificate)
    case 'verify-ca':
      return { ...verified(rootCertificate), checkServerIdentity: () => undefined }
    case 'no-verify':
      return unverified(host)
  }
}

function parseSslMode(mode: string | undefined): SslMode | undefined {
  if (mode === undefined) return undefined
  const known = sslModes.find((known) => known === mode)
  if (known !== undefined) return known
  throw new LockstepError('LS-1007', `sslmode=${mode} is not known`, { hint: `use one of ${sslModes.join(', ')}` })
}

function unverified(host: string): ConnectionOptions {
  if (isLoopback(host)) return { rejectUnauthorized: false }
  throw new LockstepError('LS-1007', `sslmode=no-verify is refused for ${host}: anyone between could read the data`, {
    hint: "use sslmode=verify-full and, if the server's authority is private, sslrootcert=FILE with its certificate",
  })
}

function verified(rootCertificate: string | undefined): ConnectionOptions {
  if (rootCertificate === undefined || rootCertificate === 'system') return { rejectUnauthorized: true }
  try {
    return { rejectUnauthorized: true, ca: readFileSync(rootCertificate, 'utf8') }
  } catch (cause) {
    throw new LockstepError('LS-1007', `sslrootcert: ${rootCertificate} cannot be read`, { cause })
  }
}
