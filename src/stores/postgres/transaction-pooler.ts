import { Client } from 'pg'
import type { ClientConfig } from 'pg'
import { LockstepError } from '../../kernel/errors.ts'
import { isLoopback, renderAddress } from './connection-url.ts'
import type { PostgresAddress } from './connection-url.ts'

/** Supavisor's and Supabase's port for transaction pooling. */
const poolerPort = 6543

/** Refuses (LS-3003) the port that only transaction poolers use, before anything is sent there. */
export function refusePoolerPort(address: PostgresAddress): void {
  if (address.port === poolerPort && !isLoopback(address.host)) throw poolerError(address, `it is port ${poolerPort}`)
}

/**
 * Refuses (LS-3003) a connection whose transactions are handed to changing servers. A direct connection is recognised
 * by its process id without a further round trip; behind any proxy, two connections must have two servers and keep them.
 */
export async function refuseTransactionPooler(
  first: Client,
  config: ClientConfig,
  address: PostgresAddress,
): Promise<void> {
  const server = await backendPid(first, address)
  if ('processID' in first && first.processID === server) return
  const second = new Client(config)
  second.on('error', () => undefined)
  try {
    await second.connect()
    await second.query('BEGIN')
    const other = await backendPid(second, address)
    const again = await backendPid(first, address)
    if (other === server || again !== server)
      throw poolerError(address, 'two transactions of one connection met two servers')
    await second.query('ROLLBACK')
  } finally {
    await second.end()
  }
}

async function backendPid(client: Client, address: PostgresAddress): Promise<number> {
  const { rows } = await client.query<{ pid: number }>('SELECT pg_catalog.pg_backend_pid() AS pid')
  const pid = rows[0]?.pid
  if (pid === undefined) throw poolerError(address, 'it does not say which server answers')
  return pid
}

function poolerError(address: PostgresAddress, why: string): LockstepError {
  const user = encodeURIComponent(address.user)
  const direct = renderAddress({ ...address, port: 5432 })
  return new LockstepError(
    'LS-3003',
    `${renderAddress(address)} is a pooler that shares servers between transactions`,
    {
      why: `${why}; session settings and long index builds are not safe there`,
      hint: `connect directly or in session mode: postgres://${user}:PASSWORD@${direct}`,
    },
  )
}
