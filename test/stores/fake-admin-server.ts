import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { Server, ServerCredentials, status } from '@grpc/grpc-js'
import type { sendUnaryData, ServerUnaryCall, ServiceDefinition, UntypedServiceImplementation } from '@grpc/grpc-js'
import protobuf from 'protobufjs'

/** A message of the admin API as plain properties: enums by name, 64-bit numbers as strings. */
export type Message = Readonly<Record<string, unknown>>

/** Firestore's admin API in this process: real messages over real gRPC, indexes that are built when the test says so. */
export interface FakeAdminServer {
  readonly host: string
  /** The names of the calls so far that change something. */
  readonly writes: string[]
  readonly indexes: Map<string, Record<string, unknown>>
  /** The settings of fields of their own, by resource name. */
  readonly fields: Map<string, readonly Message[]>
  /** Says how far all running builds are. */
  advance(completed: number, estimated: number): void
  /** Ends all running builds in this state. */
  finish(state?: 'READY' | 'NEEDS_REPAIR'): void
  /** From now on a build ends after so many looks at indexes or fields. */
  finishAfterLooks(looks: number): void
  /** The next call of that name fails with this code, before or after it was carried out. */
  failNext(method: string, code: status, after?: boolean): void
  stop(): Promise<void>
}

interface Build {
  readonly kind: 'Index' | 'Field'
  readonly target: string
  completed: number
  estimated: number
  done: boolean
}

type Handler = (request: Message) => Message

const admin = 'google.firestore.admin.v1'
const automatic = [{ order: 'ASCENDING' }, { order: 'DESCENDING' }, { arrayConfig: 'CONTAINS' }].map((by) => ({
  queryScope: 'COLLECTION',
  fields: [{ fieldPath: '*', ...by }],
}))

class Refusal extends Error {
  readonly code: status
  constructor(code: status, message: string) {
    super(message)
    this.code = code
  }
}

export async function startFakeAdminServer(): Promise<FakeAdminServer> {
  const root = loadProtocol()
  const writes: string[] = []
  const indexes: FakeAdminServer['indexes'] = new Map()
  const fields: FakeAdminServer['fields'] = new Map()
  const builds = new Map<string, Build>()
  const failing = new Map<string, { readonly code: status; readonly after: boolean }>()
  const building = new Set<string>()

  const begin = (kind: Build['kind'], target: string): Message => {
    const name = `projects/p/databases/d/operations/${builds.size + 1}`
    builds.set(name, { kind, target, completed: 0, estimated: 0, done: false })
    building.add(target)
    return operation(name)
  }
  const operation = (name: string): Message => {
    const { kind, target, completed, estimated, done } = builds.get(name) ?? missing(name)
    const metadata = {
      [kind === 'Index' ? 'index' : 'field']: target,
      progressDocuments: { completedWork: String(completed), estimatedWork: String(estimated) },
    }
    const type = root.lookupType(`${admin}.${kind}OperationMetadata`)
    const value = type.encode(type.fromObject(metadata)).finish()
    return { name, done, metadata: { type_url: `type.googleapis.com/${admin}.${kind}OperationMetadata`, value } }
  }
  const handlers: Readonly<Record<string, Handler>> = {
    ListIndexes: ({ parent }) => ({
      indexes: [...indexes.values()].filter((index) => String(index['name']).startsWith(`${String(parent)}/`)),
    }),
    CreateIndex({ parent, index }) {
      const stored = withName(index as Message)
      const same = [...indexes.values()].find((other) => definition(other) === definition(stored))
      if (same !== undefined && String(same['name']).startsWith(`${String(parent)}/`)) {
        throw new Refusal(status.ALREADY_EXISTS, 'index already exists')
      }
      const name = `${String(parent)}/indexes/${indexes.size + 1}`
      indexes.set(name, { ...stored, name, state: 'CREATING' })
      return begin('Index', name)
    },
    DeleteIndex({ name }) {
      if (building.has(String(name))) throw new Refusal(status.FAILED_PRECONDITION, 'index is being built')
      if (!indexes.delete(String(name))) throw new Refusal(status.NOT_FOUND, 'no such index')
      return {}
    },
    GetField({ name }) {
      const own = fields.get(String(name))
      const state = building.has(String(name)) ? 'CREATING' : 'READY'
      const all = (own ?? automatic).map((index) => ({ ...index, state }))
      return { name, indexConfig: { indexes: all, usesAncestorConfig: own === undefined } }
    },
    UpdateField({ field, updateMask }) {
      const { name, indexConfig } = field as { name: string; indexConfig?: { indexes?: Message[] } | null }
      if (String((updateMask as Message)['paths']) !== 'index_config')
        throw new Refusal(status.INVALID_ARGUMENT, 'mask')
      if (indexConfig === undefined || indexConfig === null) fields.delete(name)
      else fields.set(name, indexConfig.indexes ?? [])
      return begin('Field', name)
    },
    ListOperations: () => ({ operations: [...builds.keys()].map(operation) }),
    GetOperation: ({ name }) => operation(String(name)),
  }

  const answer = (name: string, handler: Handler): Handler => {
    return (request) => {
      const failure = failing.get(name)
      failing.delete(name)
      if (failure?.after === false) throw new Refusal(failure.code, 'as the test asked')
      if (/^(Create|Delete|Update)/.test(name)) writes.push(name)
      if (/^(List|Get)(Indexes|Field)$/.test(name) && building.size > 0 && --looks === 0) finish('READY')
      const reply = handler(request)
      if (failure !== undefined) throw new Refusal(failure.code, 'as the test asked')
      return reply
    }
  }
  let looks = Number.POSITIVE_INFINITY
  let looksEach = looks
  const finish: FakeAdminServer['finish'] = (state = 'READY') => {
    for (const build of builds.values()) {
      build.done = true
      const index = indexes.get(build.target)
      if (index?.['state'] === 'CREATING') index['state'] = state
    }
    building.clear()
    looks = looksEach
  }
  const server = new Server()
  for (const service of [`${admin}.FirestoreAdmin`, 'google.longrunning.Operations']) {
    const { definitions, implementation } = serviceOf(root, service, (name) => {
      const handler = handlers[name]
      return handler === undefined ? undefined : answer(name, handler)
    })
    server.addService(definitions, implementation)
  }
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) =>
      error === null ? resolve(bound) : reject(error),
    )
  })
  return {
    host: `127.0.0.1:${port}`,
    writes,
    indexes,
    fields,
    advance(completed, estimated) {
      for (const build of builds.values()) if (!build.done) Object.assign(build, { completed, estimated })
    },
    finish,
    finishAfterLooks(count) {
      looksEach = count
      looks = count
    },
    failNext: (method, code, after = false) => void failing.set(method, { code, after }),
    stop: () => new Promise((resolve) => server.tryShutdown(() => resolve())),
  }
}

function missing(name: string): never {
  throw new Refusal(status.NOT_FOUND, `no operation ${name}`)
}

/** As Firestore stores it: with the name of the document behind the other fields. */
function withName(index: Message): Message {
  const fields = index['fields'] as readonly Message[]
  const last = fields.at(-1) ?? {}
  if (last['fieldPath'] === '__name__') return index
  const name = { fieldPath: '__name__', order: last['order'] === 'DESCENDING' ? 'DESCENDING' : 'ASCENDING' }
  return { ...index, fields: 'vectorConfig' in last ? [...fields.slice(0, -1), name, last] : [...fields, name] }
}

function definition({ queryScope, fields }: Message): string {
  return JSON.stringify([queryScope, fields])
}

function loadProtocol(): protobuf.Root {
  const { resolve } = createRequire(import.meta.url)
  const file = resolve('@google-cloud/firestore').replace(/build\/src\/.*$/, 'build/protos/admin_v1.json')
  return protobuf.Root.fromJSON(JSON.parse(readFileSync(file, 'utf8')) as protobuf.INamespace)
}

const asPlain = { enums: String, longs: String, oneofs: false } as const

/** Methods without a handler answer UNIMPLEMENTED, as a server without the method does. */
function serviceOf(root: protobuf.Root, name: string, handlerOf: (method: string) => Handler | undefined) {
  const definitions: Record<string, ServiceDefinition[string]> = {}
  const implementation: UntypedServiceImplementation = {}
  for (const method of root.lookupService(name).methodsArray) {
    method.resolve()
    const { resolvedRequestType: request, resolvedResponseType: response } = method
    const handler = handlerOf(method.name)
    if (request === null || response === null || handler === undefined) continue
    definitions[method.name] = {
      path: `/${name}/${method.name}`,
      requestStream: false,
      responseStream: false,
      requestSerialize: (message: object) => Buffer.from(request.encode(message).finish()),
      requestDeserialize: (bytes: Buffer) => request.toObject(request.decode(bytes), asPlain),
      responseSerialize: (message: object) => Buffer.from(response.encode(response.fromObject(message)).finish()),
      responseDeserialize: (bytes: Buffer) => response.decode(bytes),
    }
    implementation[method.name] = (call: ServerUnaryCall<Message, Message>, reply: sendUnaryData<Message>) => {
      try {
        reply(null, handler(call.request))
      } catch (error) {
        reply(error instanceof Refusal ? { code: error.code, details: error.message } : new Error(String(error)))
      }
    }
  }
  return { definitions, implementation }
}
