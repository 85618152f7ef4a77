import type { CallOptions, RawClient, RawStream } from './protocol.ts'
import { grpcOf, isObject } from './shapes.ts'
import { encodeBatchWrite } from './wire-writes.ts'

/** The calls that carry documents. The rows of the two that bring them are bytes, for `readDocument`. */
export type DirectCalls = Pick<RawClient, 'runQuery' | 'batchGetDocuments' | 'batchWrite'>

type BatchWriteRequest = Parameters<RawClient['batchWrite']>[0]
type BatchWriteResponse = Awaited<ReturnType<RawClient['batchWrite']>>[0]

interface Stub {
  makeUnaryRequest(
    path: string,
    serialize: (request: BatchWriteRequest) => Buffer,
    deserialize: (bytes: Buffer) => BatchWriteResponse,
    request: BatchWriteRequest,
    metadata: unknown,
    options: { readonly deadline: number },
    callback: (error: Error | null, response?: BatchWriteResponse) => void,
  ): unknown
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
  readonly responseDeserialize: (bytes: Buffer) => BatchWriteResponse
}

/**
 * Calls past the driver's own stream layers and message objects, over its very connection, credentials and deadline:
 * those cost more than all else there is to reading and writing a document. Undefined where the driver does not show
 * what that takes; then its own calls are the way. `stub` is what the client's `initialize` resolved to.
 */
export function createDirectCalls(client: RawClient, stub: unknown): DirectCalls | undefined {
  const Metadata = grpcOf(client)?.Metadata
  const [query, get, write] = ['RunQuery', 'BatchGetDocuments', 'BatchWrite'].map((name) => methodOf(stub, name))
  if (Metadata === undefined || !isStub(stub) || !query || !get || !write) return undefined
  const metadataOf = ({ otherArgs }: CallOptions, route: string, resource: string): unknown => {
    const metadata = new Metadata()
    for (const [name, value] of Object.entries(otherArgs.headers)) metadata.set(name, value)
    metadata.set('x-goog-request-params', `${route}=${encodeURIComponent(resource)}`)
    return metadata
  }
  const stream = ({ path, requestSerialize }: Method, request: object, metadata: unknown, timeout: number): RawStream =>
    stub.makeServerStreamRequest(path, requestSerialize, asIs, request, metadata, deadlineIn(timeout))
  return {
    runQuery: (request, options) =>
      stream(query, request, metadataOf(options, 'parent', request.parent), options.timeout),
    batchGetDocuments: (request, options) =>
      stream(get, request, metadataOf(options, 'database', request.database), options.timeout),
    batchWrite: (request, options) =>
      new Promise((resolve, reject) => {
        const { path, responseDeserialize } = write
        const metadata = metadataOf(options, 'database', request.database)
        const settle = (error: Error | null, response?: BatchWriteResponse): void =>
          response === undefined ? reject(error) : resolve([response])
        const deadline = deadlineIn(options.timeout)
        stub.makeUnaryRequest(path, encodeBatchWrite, responseDeserialize, request, metadata, deadline, settle)
      }),
  }
}

function deadlineIn(millis: number): { readonly deadline: number } {
  return { deadline: Date.now() + millis }
}

function asIs(bytes: Buffer): Buffer {
  return bytes
}

function isStub(value: unknown): value is Stub {
  if (!isObject(value)) return false
  return typeof value['makeServerStreamRequest'] === 'function' && typeof value['makeUnaryRequest'] === 'function'
}

/** The method by its name in the protocol, as the stub's class tells it. */
function methodOf(stub: unknown, name: string): Method | undefined {
  const service = isObject(stub) && isObject(stub['constructor']) ? stub['constructor']['service'] : undefined
  const method = isObject(service) ? service[name] : undefined
  return isMethod(method) ? method : undefined
}

function isMethod(value: unknown): value is Method {
  if (!isObject(value) || typeof value['path'] !== 'string') return false
  return typeof value['requestSerialize'] === 'function' && typeof value['responseDeserialize'] === 'function'
}
