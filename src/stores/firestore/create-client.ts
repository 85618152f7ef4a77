import { LockstepError } from '../../kernel/errors.ts'
import type { DocumentTarget } from '../documents.ts'
import { grpcOf, type RawClientClass, type RawClientOptions } from './shapes.ts'

export interface ClientClasses<Client> {
  readonly client: new (options: RawClientOptions) => Client
  /** Of the same copy of the driver, to learn which gRPC that uses. The admin client looks for credentials when made. */
  readonly documents: RawClientClass
}

/** A client that points where the target says: to production, or without TLS to an emulator. */
export function createClient<Client>(
  classes: ClientClasses<Client>,
  target: DocumentTarget,
  given: RawClientOptions,
): Client {
  const common = { ...given, projectId: target.project, fallback: false }
  if (target.emulator === undefined) return new classes.client(common)
  const grpc = grpcOf(new classes.documents({ projectId: target.project, fallback: false }))
  if (grpc === undefined) {
    throw new LockstepError('LS-1006', 'the installed @google-cloud/firestore does not show which gRPC it uses', {
      hint: 'npm install @google-cloud/firestore@8',
    })
  }
  const { hostname, port } = parseHost(target.emulator)
  return new classes.client({
    ...common,
    servicePath: hostname,
    port,
    sslCreds: grpc.credentials.createInsecure(),
    // Never sent: without them the driver looks for credentials on the network before its first call.
    credentials: { client_email: 'owner@localhost', private_key: 'none' },
  })
}

function parseHost(host: string): { readonly hostname: string; readonly port: number } {
  const url = URL.canParse(`http://${host}`) ? new URL(`http://${host}`) : undefined
  if (url === undefined || url.pathname !== '/') {
    throw new LockstepError('LS-1007', `'${host}' is not an emulator's host`, {
      hint: 'write it as host:port, like 127.0.0.1:8080',
    })
  }
  return { hostname: url.hostname, port: url.port === '' ? 80 : Number(url.port) }
}
