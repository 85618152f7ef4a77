import { LockstepError } from '../../kernel/errors.ts'
import { sqlState } from '../tables.ts'
import { renderAddress } from './connection-url.ts'
import type { PostgresAddress } from './connection-url.ts'

type Named = Pick<PostgresAddress, 'host' | 'port' | 'database' | 'user'>

/** LS-3002 for a connection that could not be made: who was called, what happened, what to do. */
export function connectionFailure(error: unknown, address: Named): LockstepError {
  const why = explain(errorCode(error), address) ?? { why: messageOf(error), hint: 'check host, port and network' }
  return new LockstepError('LS-3002', `cannot connect to ${renderAddress(address)} as ${address.user}: ${why.why}`, {
    hint: why.hint,
    cause: error,
  })
}

/** LS-3002 for a connection that broke in the middle of work; what a broken COMMIT did is not known. */
export function connectionLost(error: unknown, address: Named, committing: boolean): LockstepError {
  const outcome = committing ? '; whether the transaction was committed is not known' : ''
  return new LockstepError('LS-3002', `connection to ${renderAddress(address)} was lost${outcome}`, {
    why: messageOf(error),
    hint: 'run the command again when the server is back; it goes on where it stopped',
    cause: error,
  })
}

/** True when the connection itself is gone, as opposed to a statement the server answered with an error. */
export function isConnectionError(error: unknown): boolean {
  const code = errorCode(error)
  if (code !== undefined && /^(ECONN|EPIPE|ETIMEDOUT|EHOST|ENET|ERR_SSL|ERR_STREAM)/.test(code)) return true
  if (sqlState(error) !== undefined) return /^(57P0[1-5]|25P0[34]|08)/.test(code ?? '')
  return /^(Connection terminated|Client (has encountered|was closed)|Query read timeout)/.test(messageOf(error))
}

interface Explanation {
  readonly why: string
  readonly hint: string
}

function explain(code: string | undefined, address: Named): Explanation | undefined {
  switch (code) {
    case 'ECONNREFUSED':
      return { why: 'nothing listens there', hint: 'start the server, or correct host and port' }
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return { why: 'the host name is not known', hint: 'correct the host, or check the name service' }
    case '28P01':
      return { why: 'the password was refused', hint: 'correct user and password; escape special characters as %XX' }
    case '28000':
      return { why: 'the server refuses this user from here', hint: 'check pg_hba.conf or the allowed networks' }
    case '3D000':
      return { why: 'the database does not exist', hint: `create it: createdb -h ${address.host} ${address.database}` }
    case '53300':
      return { why: 'the server has no connection left', hint: 'close others, or lower the pool size' }
    case '57P03':
      return { why: 'the server is starting up or shutting down', hint: 'try again in a moment' }
    case 'ERR_TLS_CERT_ALTNAME_INVALID':
      return { why: 'its certificate is for another host name', hint: 'connect by the name in the certificate' }
    case 'CERT_HAS_EXPIRED':
      return { why: 'its certificate has expired', hint: 'renew the certificate of the server' }
    case 'SELF_SIGNED_CERT_IN_CHAIN':
    case 'DEPTH_ZERO_SELF_SIGNED_CERT':
    case 'UNABLE_TO_VERIFY_LEAF_SIGNATURE':
    case 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY':
      return {
        why: 'its certificate is not signed by an authority known here',
        hint: "add sslrootcert=FILE to the URL, with the certificate of the server's authority (Supabase: Database settings, SSL)",
      }
    default:
      return undefined
  }
}

function errorCode(error: unknown): string | undefined {
  const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined
  return typeof code === 'string' ? code : undefined
}

function messageOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error)
  return message === 'The server does not support SSL connections'
    ? 'the server offers no TLS (sslmode=disable in the URL accepts plaintext)'
    : message
}
