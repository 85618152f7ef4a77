import type { CallOptions } from './protocol.ts'
import { isObject, type RawClientOptions } from './shapes.ts'

/** The part of google.firestore.admin.v1 in use, as the driver gives and takes it: enums by name, 64-bit numbers as strings. */
export interface RawIndexField {
  readonly fieldPath?: string
  readonly order?: string | null
  readonly arrayConfig?: string | null
  readonly vectorConfig?: { readonly dimension?: number; readonly flat?: object } | null
}

export interface RawIndex {
  readonly name?: string
  readonly queryScope?: string
  readonly apiScope?: string
  readonly fields?: readonly RawIndexField[]
  readonly state?: string
  readonly density?: string
  readonly multikey?: boolean
  readonly unique?: boolean
}

export interface RawField {
  readonly name?: string
  readonly indexConfig?: { readonly indexes?: readonly RawIndex[]; readonly usesAncestorConfig?: boolean } | null
}

interface RawProgress {
  readonly estimatedWork?: string | number
  readonly completedWork?: string | number
}

/** A long-running operation as the driver's `check…Progress` decodes it. */
interface RawOperation {
  readonly metadata?: {
    readonly index?: string
    readonly field?: string
    readonly progressDocuments?: RawProgress | null
  } | null
}

interface ListedOperation {
  readonly name: string
  readonly done: boolean
  readonly metadata?: { readonly type_url?: string } | null
}

/** The methods of `v1.FirestoreAdminClient` that are used. Each promise but the checks' resolves to a tuple. */
export interface RawAdminClient {
  readonly operationsClient: {
    listOperations(
      request: { readonly name: string; readonly filter: string },
      options: CallOptions,
    ): Promise<readonly [readonly ListedOperation[], ...unknown[]]>
  }
  initialize(): Promise<unknown>
  createIndex(request: { readonly parent: string; readonly index: RawIndex }, options: CallOptions): Promise<unknown>
  deleteIndex(request: { readonly name: string }, options: CallOptions): Promise<unknown>
  listIndexes(
    request: { readonly parent: string; readonly pageSize?: number },
    options: CallOptions,
  ): Promise<readonly [readonly RawIndex[], ...unknown[]]>
  getField(request: { readonly name: string }, options: CallOptions): Promise<readonly [RawField, ...unknown[]]>
  updateField(
    request: { readonly field: RawField; readonly updateMask: { readonly paths: readonly string[] } },
    options: CallOptions,
  ): Promise<unknown>
  checkCreateIndexProgress(name: string): Promise<RawOperation>
  checkUpdateFieldProgress(name: string): Promise<RawOperation>
  close(): Promise<void>
}

export type RawAdminClass = new (options: RawClientOptions) => RawAdminClient

/** By shape: any copy and major version of the driver passes. */
export function isRawAdminClass(value: unknown): value is RawAdminClass {
  const methods: unknown = typeof value === 'function' ? value.prototype : undefined
  return (
    isObject(methods) && typeof methods['createIndex'] === 'function' && typeof methods['updateField'] === 'function'
  )
}
