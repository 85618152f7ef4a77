import type { RawClient } from './protocol.ts'

/** What the constructor of `v1.FirestoreClient` is given here. */
export type RawClientOptions = Readonly<Record<string, unknown>>

export type RawClientClass = new (options: RawClientOptions) => RawClient

/** The `credentials.createInsecure` of the very grpc-js copy the driver uses: another copy's are refused by it. */
export interface GrpcModule {
  readonly credentials: { createInsecure(): unknown }
  readonly Metadata?: new () => { set(name: string, value: string): void }
}

/** Anything that can have properties, functions included. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return (typeof value === 'object' && value !== null) || typeof value === 'function'
}

/** By shape: any copy and major version of the driver passes. */
export function isRawClientClass(value: unknown): value is RawClientClass {
  return typeof value === 'function' && isRawClient(value.prototype)
}

/** By shape: has the methods of the protocol itself. */
export function isRawClient(value: unknown): value is RawClient {
  return isObject(value) && typeof value['batchWrite'] === 'function' && typeof value['runQuery'] === 'function'
}

/** The grpc-js module a raw client was built on. */
export function grpcOf(client: RawClient): GrpcModule | undefined {
  const gax: unknown = '_gaxModule' in client ? client._gaxModule : undefined
  const grpc = isObject(gax) ? gax['grpc'] : undefined
  return isGrpc(grpc) ? grpc : undefined
}

function isGrpc(value: unknown): value is GrpcModule {
  return (
    isObject(value) && isObject(value['credentials']) && typeof value['credentials']['createInsecure'] === 'function'
  )
}
