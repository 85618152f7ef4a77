import type { CallOptions, RawClient, RawStream } from './protocol.ts'
import { grpcOf, isObject } from './shapes.ts'

/** The two calls that bring documents. Their rows are bytes, for `readDocument`. */
export type DirectReads = Pick<RawClient, 'runQuery' | 'batchGetDocuments'>

interface Stub {
  makeServerStreamRequest(
    path: string,
    serialize: (request: object) => Buffer,
    deserialize: (bytes: Buffer) => Buffer,
    request: object,
    metadata: unknown,
    options: { readonly deadline: number },
  ): RawStream
}

interface Method {
  readonly path: string
  readonly requestSerialize: (request: object) => Buffer
}

/**
 * Reads past the driver's own stream layers and message objects, over its very connection, credentials and deadline:
 * those cost more than all else there is to reading a document. Undefined where the driver does not show what that
 * takes; then its own calls are the way. `stub` is what the client's `initialize` resolved to.
 */
export function createDirectReads(client: RawClient, stub: unknown): DirectReads | undefined {
  const Metadata = grpcOf(client)?.Metadata
  const [query, get] = [methodOf(stub, 'RunQuery'), methodOf(stub, 'BatchGetDocuments')]
  if (Metadata === undefined || !isStub(stub) || query === undefined || get === undefined) return undefined
  const call = (method: Method, request: object, { timeout, otherArgs }: CallOptions, route: string): RawStream => {
    const metadata = new Metadata()
    for (const [name, value] of Object.entries(otherArgs.headers)) metadata.set(name, value)
    metadata.set('x-goog-request-params', route)
    const options = { deadline: Date.now() + timeout }
    return stub.makeServerStreamRequest(method.path, method.requestSerialize, asIs, request, metadata, options)
  }
  return {
    runQuery: (request, options) => call(query, request, options, `parent=${encodeURIComponent(request.parent)}`),
    batchGetDocuments: (request, options) =>
      call(get, request, options, `database=${encodeURIComponent(request.database)}`),
  }
}

function asIs(bytes: Buffer): Buffer {
  return bytes
}

function isStub(value: unknown): value is Stub {
  return isObject(value) && typeof value['makeServerStreamRequest'] === 'function'
}

/** The method by its name in the protocol, as the stub's class tells it. */
function methodOf(stub: unknown, name: string): Method | undefined {
  const service = isObject(stub) && isObject(stub['constructor']) ? stub['constructor']['service'] : undefined
  const method = isObject(service) ? service[name] : undefined
  return isMethod(method) ? method : undefined
}

function isMethod(value: unknown): value is Method {
  return isObject(value) && typeof value['path'] === 'string' && typeof value['requestSerialize'] === 'function'
}
